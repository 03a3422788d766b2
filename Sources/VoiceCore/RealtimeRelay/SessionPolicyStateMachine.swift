import NIOCore

/// What the gateway wants of upstream's session beside what the client wants: complete, never overwrite, and never show.
///
/// The gateway's own `session.update` follows upstream's `session.created`; every later update of the client is edited in place;
/// every echo shows the client its own wishes. Updates are answered in order, by `session.updated` or by an error.
struct SessionPolicyStateMachine {
  /// An update that upstream has not answered yet.
  private struct Outstanding {
    enum Origin: Equatable {
      case gateway
      /// `original` is what the client wrote, when that is not what was sent.
      case client(original: ByteBuffer?)
    }
    var id: String
    var origin: Origin
    /// The client's wishes before this update: what counts when it is refused.
    var wishesBefore: Wishes
    /// The client gave no id of its own: upstream's error shows it none.
    var isOwnID: Bool
  }

  /// What the client believes about the settings that the gateway touches: JSON text as it wrote it, or as upstream's default.
  private struct Wishes: Equatable {
    var turnDetection: String?
    var transcription: String?
    var instructions: String?
    var maxOutputTokens: String?
    var tools: String?
    /// All that the client asked for, as one `session` object.
    var asked: String?

    /// Whether upstream is to answer by itself.
    var responses: Bool {
      guard let turnDetection, turnDetection != "null" else { return false }
      return ByteBuffer(string: turnDetection).withJSON { $0.member("create_response")?.bool } ?? true
    }
  }

  enum ErrorAction: Equatable {
    /// The error is not about an update that was touched: it passes.
    case forward
    /// It is about the gateway's own update, or an id that the client does not know.
    case hide
    /// The edit was refused: the client's own words are to be sent instead.
    case resend(ByteBuffer)
    /// The client's own words were refused: it is to know, without an id that it never gave.
    case forwardWithoutID
  }

  private var configuration: SessionPolicyConfiguration
  private var wishes = Wishes()
  private var outstanding = CircularBuffer<Outstanding>()
  private var count = 0
  /// From upstream's last echo.
  private var upstreamCreatesResponses = true
  /// From upstream's last echo: without detection nobody but the client ends a turn.
  private var hasTurnDetection = true

  init(_ configuration: SessionPolicyConfiguration) { self.configuration = configuration }

  /// Whether a committed turn is the gateway's to answer: the client wants an answer by itself, and upstream gives none.
  var gatewayAnswers: Bool { hasTurnDetection && !upstreamCreatesResponses && wishes.responses }

  /// Names of the tools that the client answers itself.
  var clientTools: Set<String> { Set(Self.tools(in: wishes.tools).compactMap(\.name)) }

  private static func tools(in list: String?) -> [(name: String?, json: String)] {
    ByteBuffer(string: "{\"tools\":\(list ?? "[]")}").withJSON { root in
      root.member("tools")?.elements.map { ($0.member("name")?.string, $0.json) }
    } ?? []
  }

  /// The `session` object that the client's updates add up to.
  var asked: String? { wishes.asked }

  /// Whether the transcripts of the user's speech are the gateway's alone: it asked for them, the client did not.
  var hidesTranscripts: Bool { configuration.transcriptionModel != nil && (wishes.transcription ?? "null") == "null" }

  // MARK: From upstream

  /// Upstream's first event. Answers the gateway's own update, when there is something to ask for.
  mutating func sessionCreated(_ event: ByteBuffer) -> ByteBuffer? {
    readWishes(from: event)
    readEcho(event)
    guard configuration.isActive else { return nil }
    return gatewayUpdate()
  }

  /// The gateway's part of the settings as one update, on top of what the client asked for so far.
  private mutating func gatewayUpdate() -> ByteBuffer {
    count += 1
    let id = "\(HiddenItems.prefix)upd_\(count)"
    let event = ByteBuffer(string: #"{"type":"session.update","event_id":"\#(id)","session":{"type":"realtime"}}"#)
    return completedOwn(event, id: id)
  }

  /// An update of the gateway's making: detection is named whole, because `create_response` alone is no detection.
  private mutating func completedOwn(_ update: ByteBuffer, id: String) -> ByteBuffer {
    var event = update
    if configuration.holdsResponses, let detection = wishes.turnDetection, detection != "null" {
      set(["session", "audio", "input", "turn_detection"], to: detection, in: &event)
    }
    complete(&event, setsInstructions: true)
    outstanding.append(Outstanding(id: id, origin: .gateway, wishesBefore: wishes, isOwnID: true))
    return event
  }

  /// An echo. Answers what the client sees of it; nil when it is not the client's.
  mutating func sessionUpdated(_ event: ByteBuffer) -> ByteBuffer? {
    guard configuration.isActive || outstanding.first?.origin == .gateway else { return event }
    readEcho(event)
    let answered = outstanding.popFirst()
    // What the client asked for after the update that is answered comes with the next echo.
    return answered?.origin == .gateway ? nil : asWished(event, outstanding.first?.wishesBefore ?? wishes)
  }

  /// `id` is the error's `event_id`: that of the client event that it is about.
  mutating func errorArrived(about id: String?) -> ErrorAction {
    guard let id, let index = outstanding.firstIndex(where: { $0.id == id }) else { return .forward }
    let refused = outstanding.remove(at: index)
    switch refused.origin {
    case .gateway:
      // Refused whole, and transcription is the likeliest reason: the rest is worth having without it.
      guard configuration.transcriptionModel != nil else { return .hide }
      configuration.transcriptionModel = nil
      return configuration.isActive ? .resend(gatewayUpdate()) : .hide
    case .client(let original?):
      outstanding.append(Outstanding(id: id, origin: .client(original: nil), wishesBefore: refused.wishesBefore, isOwnID: refused.isOwnID))
      return .resend(refused.isOwnID ? withID(id, original) : original)
    case .client(nil):
      wishes = refused.wishesBefore
      return refused.isOwnID ? .forwardWithoutID : .forward
    }
  }

  // MARK: From the client

  /// A `session.update` of the client. Answers what goes upstream.
  mutating func clientUpdated(_ given: ByteBuffer) -> ByteBuffer {
    let event = withoutForbiddenModel(given)
    let before = wishes
    readWishes(from: event)
    wishes.asked = JSONMerge.merged(wishes.asked, with: event.withJSON { $0.member("session")?.json })
    guard configuration.isActive else { return event }
    var edited = event
    complete(&edited, setsInstructions: event.withJSON { $0.member("session")?.member("instructions").map { _ in () } } != nil)
    let isEdited = edited != event
    let givenID = event.withJSON { $0.member("event_id")?.string }
    let id: String
    if let givenID {
      id = givenID
    } else {
      count += 1
      id = "\(HiddenItems.prefix)upd_\(count)"
      edited = withID(id, edited)
    }
    outstanding.append(
      Outstanding(id: id, origin: .client(original: isEdited ? event : nil), wishesBefore: before, isOwnID: givenID == nil))
    return edited
  }

  /// The session goes on from what was stored.
  mutating func restore(asked: String?) { wishes.asked = asked }

  /// A new upstream said `session.created`: it gets in one update what the client asked of the old one, and the gateway's part.
  mutating func upstreamReplaced(_ created: ByteBuffer) -> ByteBuffer? {
    outstanding.removeAll()
    guard let asked = wishes.asked else { return sessionCreated(created) }
    if wishes.turnDetection == nil { readWishes(from: created) }
    readEcho(created)
    count += 1
    let id = "\(HiddenItems.prefix)upd_\(count)"
    let event = ByteBuffer(string: #"{"type":"session.update","event_id":"\#(id)","session":\#(asked)}"#)
    readWishes(from: event)
    return completedOwn(event, id: id)
  }

  // MARK: Edits

  /// Completes an update with what the gateway needs, where the update touches it.
  private func complete(_ event: inout ByteBuffer, setsInstructions: Bool) {
    if configuration.holdsResponses {
      // Only an object: `null` turns detection off, and then the client is in control.
      let detection = event.withJSON { $0.member("session")?.member("audio")?.member("input")?.member("turn_detection")?.isObject }
      if detection == true { set(["session", "audio", "input", "turn_detection", "create_response"], to: "false", in: &event) }
    }
    if let model = configuration.transcriptionModel {
      let asked = event.withJSON { $0.member("session")?.member("audio")?.member("input")?.member("transcription")?.json }
      if asked != nil || isGatewayUpdate(event) {
        let language = ByteBuffer(string: wishes.transcription ?? "").withJSON { $0.member("language")?.json }
        let extra = language.map { ",\"language\":\($0)" } ?? ""
        set(["session", "audio", "input", "transcription"], to: #"{"model":\#(JSONText.quoted(model))\#(extra)}"#, in: &event)
      }
    }
    if let own = configuration.instructions, setsInstructions {
      let asked = event.withJSON { $0.member("session")?.member("instructions")?.string }
      let all = [own, asked].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n\n")
      set(["session", "instructions"], to: JSONText.quoted(all), in: &event)
    }
    if !configuration.tools.isEmpty {
      let asked = event.withJSON { $0.member("session")?.member("tools")?.json }
      if asked != nil || isGatewayUpdate(event) {
        let own = Self.tools(in: asked ?? wishes.tools)
        let names = Set(own.compactMap(\.name))
        let all = own.map(\.json) + configuration.tools.filter { !names.contains($0.name) }.map(\.json)
        set(["session", "tools"], to: "[\(all.joined(separator: ","))]", in: &event)
      }
    }
    if let cap = configuration.maxOutputTokens {
      let asked = event.withJSON { $0.member("session")?.member("max_output_tokens")?.json }
      if let asked, (Int(asked) ?? .max) > cap { set(["session", "max_output_tokens"], to: "\(cap)", in: &event) }
    }
  }

  /// The provider refuses a change of the model, with all that stands beside it; others take it, at another price.
  private func withoutForbiddenModel(_ event: ByteBuffer) -> ByteBuffer {
    guard let allowed = configuration.allowedModels,
      let model = event.withJSON({ $0.member("session")?.member("model")?.string }), !allowed.contains(model)
    else { return event }
    return JSONEditor.removing(["session", "model"], in: event)
  }

  private func isGatewayUpdate(_ event: ByteBuffer) -> Bool {
    event.withJSON { $0.member("event_id")?.string }?.hasPrefix("\(HiddenItems.prefix)upd_") ?? false
  }

  private func set(_ path: [StaticString], to json: String, in event: inout ByteBuffer) {
    if let edited = JSONEditor.setting(path, to: json, in: event) { event = edited }
  }

  private func withID(_ id: String, _ event: ByteBuffer) -> ByteBuffer {
    JSONEditor.setting(["event_id"], to: JSONText.quoted(id), in: event) ?? event
  }

  /// The echo as the client expects it: its own wishes where the gateway had others.
  private func asWished(_ event: ByteBuffer, _ wishes: Wishes) -> ByteBuffer {
    var edited = event
    if configuration.holdsResponses, wishes.responses {
      set(["session", "audio", "input", "turn_detection", "create_response"], to: "true", in: &edited)
    }
    if configuration.transcriptionModel != nil {
      // On top of upstream's echo, which names members that the client left out.
      let echo = event.withJSON { $0.member("session")?.member("audio")?.member("input")?.member("transcription")?.json }
      let shown = JSONMerge.merged(echo, with: wishes.transcription ?? "null") ?? "null"
      set(["session", "audio", "input", "transcription"], to: shown, in: &edited)
    }
    if configuration.instructions != nil, let instructions = wishes.instructions {
      set(["session", "instructions"], to: instructions, in: &edited)
    }
    if !configuration.tools.isEmpty { set(["session", "tools"], to: wishes.tools ?? "[]", in: &edited) }
    if configuration.maxOutputTokens != nil, let tokens = wishes.maxOutputTokens {
      set(["session", "max_output_tokens"], to: tokens, in: &edited)
    }
    return edited
  }

  // MARK: Reading

  /// Takes note of what an update, or upstream's first event, says about the settings that the gateway touches.
  private mutating func readWishes(from event: ByteBuffer) {
    let found = event.withJSON { root -> Wishes? in
      guard let session = root.member("session") else { return nil }
      let input = session.member("audio")?.member("input")
      return Wishes(
        turnDetection: input?.member("turn_detection")?.json, transcription: input?.member("transcription")?.json,
        instructions: session.member("instructions")?.json, maxOutputTokens: session.member("max_output_tokens")?.json,
        tools: session.member("tools")?.json)
    }
    guard let found else { return }
    wishes.turnDetection = found.turnDetection ?? wishes.turnDetection
    wishes.transcription = found.transcription ?? wishes.transcription
    wishes.instructions = found.instructions ?? wishes.instructions
    wishes.maxOutputTokens = found.maxOutputTokens ?? wishes.maxOutputTokens
    wishes.tools = found.tools ?? wishes.tools
  }

  private mutating func readEcho(_ event: ByteBuffer) {
    let detection = event.withJSON { $0.member("session")?.member("audio")?.member("input")?.member("turn_detection")?.json }
    guard let detection else { return }
    hasTurnDetection = detection != "null"
    upstreamCreatesResponses = ByteBuffer(string: detection).withJSON { $0.member("create_response")?.bool } ?? true
  }
}
