import NIOCore

/// Settings that the gateway wants of upstream's session beside the client's: completed, never overwritten, and never shown.
///
/// The gateway's own `session.update` follows upstream's `session.created`; every later update of the client is edited in place, and every
/// echo shows the client its own wishes. Updates are answered in order, by `session.updated` or by an error. A client's wish counts from its
/// echo on: one that is refused leaves no trace.
struct SessionPolicyStateMachine {
  /// An update that upstream has not answered yet.
  struct Outstanding {
    enum Origin {
      /// The event that was sent, and how often some part of it was given up.
      case gateway(ByteBuffer, tries: Int)
      /// The `session` object as the client wrote it.
      case client(session: String?, edited: Edited)
    }
    /// Members that the gateway put into a client's update.
    struct Edited {
      /// The client's event, where transcription was replaced in it.
      var transcription: ByteBuffer?
    }
    var id: String
    var origin: Origin
    /// The client gave no id of its own: upstream's error shows it none.
    var isOwnID: Bool
  }

  enum ErrorAction: Equatable {
    /// The error is not about an update of these.
    case notMine
    /// It is about the gateway's own update, which goes out again without what was refused; nil: it was all given up.
    case resend(ByteBuffer?)
    /// The client's update was refused: it is to know, without an id that it never gave.
    case show(withoutID: Bool)
  }

  private static let maxOutstanding = 64
  private static let maxTries = 8
  /// Bound of all settings together, as JSON.
  private static let maxSettingsBytes = 1_048_576

  var configuration: SessionPolicyConfiguration
  /// Settings of upstream's first event.
  private var defaults = SessionSettings()
  /// The `session` object that the client's updates add up to, as far as upstream has taken them.
  private(set) var asked: String?
  private var outstanding = CircularBuffer<Outstanding>(initialCapacity: 1)
  /// Settings as the client believes them to be: its accepted wishes over upstream's defaults.
  private(set) var wished = SessionSettings()
  /// Settings of upstream's last echo.
  private(set) var inForce = SessionSettings()
  /// Names of the tools that the client answers itself.
  private(set) var clientTools: Set<String> = []

  init(_ configuration: SessionPolicyConfiguration) { self.configuration = configuration }

  // MARK: Who answers

  /// The client alone ends a turn.
  var isManual: Bool { wished.turnDetection == "null" }

  /// Side that answers a turn that upstream ended by itself.
  var answerer: ResponseBook.Answerer {
    guard inForce.type != "transcription", inForce.turnDetection != "null" else { return .client }
    if inForce.createsResponse ?? true { return .upstream }
    return wished.turnDetection != "null" && wished.createsResponse ?? true ? .gateway : .client
  }

  /// True if the transcripts of the user's speech are the gateway's alone: it asked for them, the client did not.
  var hidesTranscripts: Bool { configuration.transcriptionModel != nil && (wished.transcription ?? "null") == "null" }

  // MARK: From upstream

  /// Upstream's first event. Answers the gateway's own update, when there is something to ask for.
  mutating func sessionCreated(_ settings: SessionSettings, _ ids: inout GatewayIDs) -> ByteBuffer? {
    outstanding.removeAll()
    defaults = settings
    inForce = settings
    wishesChanged()
    guard configuration.isActive || asked != nil else { return nil }
    return gatewayUpdate(asked ?? #"{"type":"realtime"}"#, tries: 0, &ids)
  }

  /// Upstream's first event as the client sees it: with what its stored session, or its client secret, asks for.
  func asAsked(_ created: ByteBuffer) -> ByteBuffer {
    guard let asked, let session = created.withJSON({ $0.member("session")?.json }) else { return created }
    var shown = created
    set(["session"], to: JSONMerge.merged(session, with: asked) ?? session, in: &shown)
    return shown
  }

  /// The settings as upstream has them now. Answers what the client sees of the echo; nil when it is not the client's.
  mutating func sessionUpdated(_ settings: SessionSettings, _ event: ByteBuffer) -> (shown: ByteBuffer?, isClients: Bool) {
    // An echo need not name everything.
    inForce = settings.over(inForce)
    switch outstanding.popFirst()?.origin {
    case .gateway: return (nil, false)
    case .client(let change, _):
      asked = JSONMerge.merged(asked, with: change)
      wishesChanged()
      return (asWished(event), true)
    case nil: return (configuration.isActive ? asWished(event) : event, false)
    }
  }

  mutating func errorArrived(_ failure: ControlEvent.Failure, _ ids: inout GatewayIDs) -> ErrorAction {
    // Where upstream does not say which event an error is about, its parameter says that it is about the oldest update.
    let index =
      failure.eventID.map { id in outstanding.firstIndex { $0.id == id } }
      ?? (failure.param.hasPrefix("session") ? outstanding.indices.first : nil)
    guard let index else { return .notMine }
    let refused = outstanding.remove(at: index)
    wishesChanged()
    switch refused.origin {
    case .gateway(let sent, let tries): return .resend(amended(sent, failure.param, tries: tries + 1, &ids))
    case .client(let session, let edited):
      guard let original = edited.transcription, failure.param.contains("transcription") else { return .show(withoutID: refused.isOwnID) }
      // The gateway's own model was refused: the client's words go out without it.
      configuration.transcriptionModel = nil
      let again = edit(original).event
      outstanding.append(Outstanding(id: refused.id, origin: .client(session: session, edited: .init()), isOwnID: refused.isOwnID))
      return .resend(refused.isOwnID ? withID(refused.id, again) : again)
    }
  }

  /// The oldest update of the client was refused, by an error that does not say so.
  mutating func clientUpdateRefused() {
    let index = outstanding.firstIndex { if case .client = $0.origin { true } else { false } }
    if let index { outstanding.remove(at: index) }
    wishesChanged()
  }

  // MARK: From the client

  /// A `session.update` of the client, with the id that it gave. Answers what goes upstream, and under which id; nil where the settings would
  /// become too many to keep.
  mutating func clientUpdated(_ given: ByteBuffer, session: String?, id: String?, _ ids: inout GatewayIDs) -> (
    event: ByteBuffer, id: String
  )? {
    let allowed = withoutForbiddenModel(given)
    let change = allowed == given ? session : allowed.withJSON { $0.member("session")?.json }
    if let change, let merged = JSONMerge.merged(asked, with: change), merged.utf8.count > Self.maxSettingsBytes { return nil }
    var (event, edited) = edit(allowed)
    let name = id ?? ids.next(.update)
    if id == nil, configuration.isActive { event = withID(name, event) }
    outstanding.append(
      Outstanding(
        id: name, origin: .client(session: session == nil ? nil : change, edited: edited), isOwnID: id == nil && configuration.isActive))
    if outstanding.count > Self.maxOutstanding { outstanding.removeFirst() }
    wishesChanged()
    return (event, name)
  }

  /// A `response.create` of the client under the operator's rules: instructions of its own stand behind the server's, and the cap holds.
  func clientRequested(_ given: ByteBuffer, _ request: ControlEvent.Request) -> ByteBuffer {
    var event = given
    if let own = configuration.instructions, let asked = request.instructions, asked != "null" {
      set(["response", "instructions"], to: Self.joined(own, asked), in: &event)
    }
    if let cap = configuration.maxOutputTokens, let asked = request.maxOutputTokens, exceeds(asked, cap) {
      set(["response", "max_output_tokens"], to: "\(cap)", in: &event)
    }
    return event
  }

  /// The session goes on from what was stored; the models that are allowed may be others than when it was asked for.
  mutating func restore(asked: String?) {
    self.asked = asked.map { asked in
      withoutForbiddenModel(ByteBuffer(string: "{\"session\":\(asked)}")).withJSON { $0.member("session")?.json } ?? asked
    }
    wishesChanged()
  }

  // MARK: The gateway's own update

  /// `session` completed with the gateway's part, as one update. Detection is named whole: `create_response` alone is no detection.
  private mutating func gatewayUpdate(_ session: String, tries: Int, _ ids: inout GatewayIDs) -> ByteBuffer {
    let id = ids.next(.update)
    var event = UpstreamCommand.updateSession(id: id, session: session).bytes
    if configuration.holdsResponses, let detection = wished.turnDetection, detection != "null" {
      set(["session", "audio", "input", "turn_detection"], to: detection, in: &event)
    }
    complete(&event, isOwn: true)
    outstanding.append(Outstanding(id: id, origin: .gateway(event, tries: tries), isOwnID: true))
    return event
  }

  /// The refused update without what was refused: the gateway's transcription first, which is the likeliest reason, then what the error names.
  private mutating func amended(_ sent: ByteBuffer, _ param: String, tries: Int, _ ids: inout GatewayIDs) -> ByteBuffer? {
    guard tries <= Self.maxTries else { return nil }
    if configuration.transcriptionModel != nil {
      configuration.transcriptionModel = nil
      guard configuration.isActive || asked != nil else { return nil }
      return gatewayUpdate(asked ?? #"{"type":"realtime"}"#, tries: tries, &ids)
    }
    let path = param.split(separator: ".").map { String($0.prefix { $0 != "[" }) }
    guard path.count > 1, path.first == "session" else { return nil }
    let smaller = JSONEditor.removing(path, in: sent)
    guard smaller != sent else { return nil }
    let id = ids.next(.update)
    let event = withID(id, smaller)
    outstanding.append(Outstanding(id: id, origin: .gateway(event, tries: tries), isOwnID: true))
    return event
  }

  // MARK: Edits

  /// A client's update as it goes upstream.
  private func edit(_ given: ByteBuffer) -> (event: ByteBuffer, edited: Outstanding.Edited) {
    guard configuration.isActive else { return (given, .init()) }
    var event = given
    let touched = complete(&event, isOwn: false)
    return (event, .init(transcription: touched ? given : nil))
  }

  /// Completes an update with what the gateway needs, where the update touches it; all of it in one of the gateway's own. Answers whether
  /// transcription was replaced.
  @discardableResult
  private func complete(_ event: inout ByteBuffer, isOwn: Bool) -> Bool {
    let given = event.withJSON { $0.member("session").map { SessionSettings($0) } } ?? SessionSettings()
    if configuration.holdsResponses, let detection = given.turnDetection, detection != "null" {
      set(["session", "audio", "input", "turn_detection", "create_response"], to: "false", in: &event)
    }
    var replacesTranscription = false
    if let model = configuration.transcriptionModel, given.transcription != nil || isOwn {
      let language = ByteBuffer(string: given.transcription ?? wished.transcription ?? "").withJSON { $0.member("language")?.json }
      let extra = language.map { ",\"language\":\($0)" } ?? ""
      set(["session", "audio", "input", "transcription"], to: #"{"model":\#(JSONText.quoted(model))\#(extra)}"#, in: &event)
      replacesTranscription = true
    }
    if let own = configuration.instructions, given.instructions != nil || isOwn {
      set(["session", "instructions"], to: Self.joined(own, given.instructions), in: &event)
    }
    if !configuration.tools.isEmpty, given.tools != nil || isOwn {
      let list = Self.tools(in: given.tools ?? wished.tools)
      let names = Set(list.compactMap(\.name))
      let all = list.map(\.json) + configuration.tools.filter { !names.contains($0.name) }.map(\.json)
      set(["session", "tools"], to: "[\(all.joined(separator: ","))]", in: &event)
    }
    if let cap = configuration.maxOutputTokens, given.maxOutputTokens.map({ exceeds($0, cap) }) ?? isOwn {
      set(["session", "max_output_tokens"], to: "\(cap)", in: &event)
    }
    return replacesTranscription
  }

  /// The server's own instructions before others; `json` is a string, or anything else for none.
  private static func joined(_ own: String, _ json: String?) -> String {
    let other = json.flatMap { text in ByteBuffer(string: "{\"t\":\(text)}").withJSON { $0.member("t")?.string } }
    return JSONText.quoted([own, other].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "\n\n"))
  }

  /// Compares with a cap; a value that is no plain number, such as `"inf"`, exceeds everything.
  private func exceeds(_ json: String, _ cap: Int) -> Bool { (Int(json) ?? .max) > cap }

  /// The provider refuses a change of the model, with all that stands beside it; others take it, at another price.
  private func withoutForbiddenModel(_ event: ByteBuffer) -> ByteBuffer {
    guard let allowed = configuration.allowedModels,
      let model = event.withJSON({ $0.member("session")?.member("model").map { $0.string ?? "" } }), !allowed.contains(model)
    else { return event }
    return JSONEditor.removing(["session", "model"], in: event)
  }

  private func set(_ path: [StaticString], to json: String, in event: inout ByteBuffer) {
    if let edited = JSONEditor.setting(path, to: json, in: event) { event = edited }
  }

  private func withID(_ id: String, _ event: ByteBuffer) -> ByteBuffer {
    JSONEditor.setting(["event_id"], to: JSONText.quoted(id), in: event) ?? event
  }

  /// The echo as the client expects it: its own wishes where the gateway had others.
  private func asWished(_ event: ByteBuffer) -> ByteBuffer {
    guard configuration.isActive else { return event }
    var edited = event
    if configuration.holdsResponses, let detection = inForce.turnDetection, detection != "null", wished.createsResponse ?? true {
      set(["session", "audio", "input", "turn_detection", "create_response"], to: "true", in: &edited)
    }
    if configuration.transcriptionModel != nil {
      // On top of upstream's echo, which names members that the client left out.
      let shown = wished.transcription.map { $0 == "null" ? $0 : JSONMerge.merged(inForce.transcription, with: $0) ?? $0 } ?? "null"
      set(["session", "audio", "input", "transcription"], to: shown, in: &edited)
    }
    if configuration.instructions != nil, let instructions = wished.instructions {
      set(["session", "instructions"], to: instructions, in: &edited)
    }
    if !configuration.tools.isEmpty { set(["session", "tools"], to: wished.tools ?? "[]", in: &edited) }
    if configuration.maxOutputTokens != nil, let tokens = wished.maxOutputTokens {
      set(["session", "max_output_tokens"], to: tokens, in: &edited)
    }
    return edited
  }

  // MARK: Wishes

  private mutating func wishesChanged() {
    wished = SessionSettings(json: asked).over(defaults)
    // A tool that the client is about to have is the client's already: calls of it are not run here.
    var tools = wished.tools
    for update in outstanding {
      if case .client(let session, _) = update.origin { tools = SessionSettings(json: session).tools ?? tools }
    }
    clientTools = configuration.tools.isEmpty ? [] : Set(Self.tools(in: tools).compactMap(\.name))
  }

  private static func tools(in list: String?) -> [(name: String?, json: String)] {
    ByteBuffer(string: "{\"tools\":\(list ?? "[]")}").withJSON { root in
      root.member("tools")?.elements.map { ($0.member("name")?.string, $0.json) }
    } ?? []
  }
}
