import NIOCore
import VoiceTesting

@testable import VoiceCore

/// A provider in miniature, for random walks: one conversation, one detector, one response at a time. It answers what it is sent
/// when the walk lets it, as the network would, and counts what a gateway must never do.
struct ModelUpstream {
  /// A response that is being made.
  private struct Response {
    var id: String
    var isOutOfBand: Bool
    var isGateways: Bool
  }

  private(set) var violations: [String] = []
  private(set) var gatewayAnswers = 0
  private(set) var commits = 0
  private var inbox = CircularBuffer<ByteBuffer>()
  private var active: Response?
  private var speakingItem: String?
  private(set) var clientItems: [String] = []
  /// In order.
  private var items: [String] = []
  /// It answered by itself while a request was on its way: which response is whose cannot be told from outside.
  private var hasCrossed = false
  private var createsResponses = true
  private var interrupts = true
  private var detection = "server_vad"
  /// Names go on where another one left off: a provider gives none twice.
  var count = 0
  /// Commits and outputs of tools since the gateway was last answered: it may ask once for them.
  private var unansweredCommits = 0
  /// Calls of the gateway's tools, newest last.
  var calls: [String] = []
  var hasTools = false
  /// Whether all that it was sent is worked off.
  var isIdle: Bool { inbox.isEmpty }
  func has(_ item: String) -> Bool { items.contains(item) }

  /// It took the place of another one, who may have owed an answer.
  mutating func owes() { unansweredCommits = 1 }

  /// A message is on its way. What it says back is heard at once, so what a gateway may ask for shows when it asks.
  mutating func receive(_ message: RealtimeMessage) {
    guard message.isText else { return }
    if message.bytes.isToolOutput { unansweredCommits += 1 }
    if message.bytes.isGatewaysRequest {
      if !inbox.contains(where: \.isRequest) { hasCrossed = false }
      if inbox.contains(where: \.isGatewaysRequest), !hasCrossed { violations.append("the gateway asked twice") }
      if active != nil { violations.append("the gateway asked while a response was being made") }
      if unansweredCommits == 0 { violations.append("the gateway asked for an answer to what was answered, or never said") }
    }
    inbox.append(message.bytes)
  }

  mutating func opening() -> String { #"{"type":"session.created","session":\#(session)}"# }

  private var session: String {
    let turnDetection =
      detection == "null"
      ? "null" : #"{"type":"\#(detection)","create_response":\#(createsResponses),"interrupt_response":\#(interrupts)}"#
    return """
      {"type":"realtime","expires_at":1e400,"model":"gpt-realtime-2.1","instructions":"i","audio":{"input":{"transcription":null,\
      "turn_detection":\(turnDetection)}}}
      """
  }

  private mutating func newID(_ prefix: String) -> String {
    count += 1
    return "\(prefix)_\(count)"
  }

  // MARK: What it was sent

  /// Takes one message off the wire; what comes back for it.
  mutating func work(_ generator: inout SeededGenerator) -> [String] {
    guard let message = inbox.popFirst() else { return [] }
    let kind = if case .event(let kind) = EventScanner.scanWhole(message) { kind } else { EventKind.unknown }
    let found = message.withJSON { event in
      (id: event.member("event_id")?.string, item: event.member("item_id")?.string ?? event.member("item")?.member("id")?.string)
    }
    let isGateways = found?.id?.hasPrefix("gw_") ?? false
    switch kind {
    case .sessionUpdate: return updated(message, id: found?.id, &generator)
    case .itemCreate:
      return created(found?.item, id: found?.id, &generator)
    case .itemDelete:
      guard let item = found?.item, let index = items.firstIndex(of: item) else {
        return [error("item_delete_invalid_item_id", "the item with id '\(found?.item ?? "")' does not exist", about: nil)]
      }
      items.remove(at: index)
      clientItems.removeAll { $0 == item }
      return [#"{"type":"conversation.item.deleted","item_id":"\#(item)"}"#]
    case .responseCreate: return asked(message, id: found?.id, isGateways: isGateways, &generator)
    case .responseCancel:
      return active == nil ? [error("response_cancel_not_active", "no active response", about: found?.id)] : finish("cancelled")
    case .inputAudioCommit:
      let item = speakingItem ?? newID("item")
      speakingItem = nil
      return commit(item, isAnswered: false)
    default: return []
    }
  }

  private mutating func updated(_ message: ByteBuffer, id: String?, _ generator: inout SeededGenerator) -> [String] {
    if generator.next() % 10 == 0 { return [error("invalid_value", "no", about: id)] }
    let input = message.withJSON { event -> (detection: String?, creates: Bool, interrupts: Bool)? in
      guard let found = event.member("session")?.member("audio")?.member("input")?.member("turn_detection") else { return nil }
      return (
        found.isNull ? "null" : found.member("type")?.string, found.member("create_response")?.bool ?? true,
        found.member("interrupt_response")?.bool ?? true
      )
    }
    if let input {
      detection = input.detection ?? detection
      createsResponses = input.creates
      interrupts = input.interrupts
    }
    return [#"{"type":"session.updated","session":\#(session)}"#]
  }

  private mutating func created(_ item: String?, id: String?, _ generator: inout SeededGenerator) -> [String] {
    if let item, item.utf8.count > 32 { violations.append("item id \(item)") }
    // A conversation that is put back is taken: it was taken before.
    if generator.next() % 12 == 0, !(id?.hasPrefix("gw_rest_") ?? false) { return [error("invalid_value", "no such content", about: id)] }
    if let item, items.contains(item) { violations.append("item \(item) was created twice") }
    return place(item ?? newID("item"))
  }

  /// An item takes its place at the end of the conversation.
  private mutating func place(_ item: String) -> [String] {
    let previous = items.last.map { "\"\($0)\"" } ?? "null"
    items.append(item)
    if items.count > 200 { items.removeFirst() }
    if !item.hasPrefix("gw_") {
      clientItems.append(item)
      if clientItems.count > 16 { clientItems.removeFirst() }
    }
    let text = #"{"id":"\#(item)","type":"message","role":"user","content":[{"type":"input_text","text":"t"}]}"#
    return ["added", "done"].map { #"{"type":"conversation.item.\#($0)","previous_item_id":\#(previous),"item":\#(text)}"# }
  }

  private mutating func asked(_ message: ByteBuffer, id: String?, isGateways: Bool, _ generator: inout SeededGenerator) -> [String] {
    let isOutOfBand = message.withJSON { $0.member("response")?.member("conversation")?.string } == "none"
    if let active, !isOutOfBand {
      // Its own and a client's may cross on the way; two of its own never.
      if isGateways, active.isGateways { violations.append("the gateway asked for a second response while its own was being made") }
      return [error("conversation_already_has_active_response", "active: \(active.id)", about: id)]
    }
    if isGateways { gatewayAnswers += 1 }
    return begin(isOutOfBand: isOutOfBand, isGateways: isGateways)
  }

  private mutating func begin(isOutOfBand: Bool, isGateways: Bool) -> [String] {
    let id = newID("resp")
    let conversation = isOutOfBand ? "null" : "\"conv\""
    let created = #"{"type":"response.created","response":{"id":"\#(id)","conversation_id":\#(conversation)}}"#
    guard !isOutOfBand else {
      return [created, #"{"type":"response.done","response":{"id":"\#(id)","conversation_id":null,"status":"completed"}}"#]
    }
    unansweredCommits = 0
    active = Response(id: id, isOutOfBand: isOutOfBand, isGateways: isGateways)
    return [created]
  }

  private mutating func finish(_ status: String) -> [String] {
    guard let response = active else { return [] }
    active = nil
    let usage =
      #"{"total_tokens":3e400,"input_token_details":{"text_tokens":-2},"output_token_details":{"audio_tokens":9223372036854775807}}"#
    return place(newID("item")) + [
      #"{"type":"response.done","response":{"id":"\#(response.id)","conversation_id":"conv","status":"\#(status)","usage":\#(usage)}}"#
    ]
  }

  private mutating func commit(_ item: String, isAnswered: Bool) -> [String] {
    commits += 1
    unansweredCommits += 1
    let previous = items.last.map { "\"\($0)\"" } ?? "null"
    var said = [#"{"type":"input_audio_buffer.committed","previous_item_id":\#(previous),"item_id":"\#(item)"}"#] + place(item)
    if isAnswered, inbox.contains(where: \.isRequest) { hasCrossed = true }
    if isAnswered, active == nil { said += begin(isOutOfBand: false, isGateways: false) }
    return said
  }

  // MARK: What it does by itself

  /// The detector, the transcript, the voice: one step of any.
  mutating func act(_ generator: inout SeededGenerator) -> [String] {
    switch generator.next() % 6 {
    case 0 where detection != "null" && speakingItem == nil && generator.next() % 3 == 0:
      let item = newID("item")
      speakingItem = item
      var said = [#"{"type":"input_audio_buffer.speech_started","item_id":"\#(item)","audio_start_ms":0}"#]
      if interrupts, generator.next() % 8 != 0 { said += finish("cancelled") }
      return said
    case 1:
      guard detection != "null", let item = speakingItem else { return [] }
      speakingItem = nil
      return [#"{"type":"input_audio_buffer.speech_stopped","item_id":"\#(item)","audio_end_ms":9}"#]
        + commit(item, isAnswered: createsResponses)
    case 2, 3:
      // What was heard, or what the client said: a call that the gateway put back has no transcript.
      guard let item = speakingItem ?? clientItems.last(where: { !$0.hasPrefix("call_") }) else { return [] }
      let word = ["refund", " policy", " for", " shoes", " bought", " abroad"][Int(generator.next() % 6)]
      if generator.next() % 6 == 0 {
        return [
          #"{"type":"conversation.item.input_audio_transcription.completed","item_id":"\#(item)","content_index":0,"transcript":"x"}"#
        ]
      }
      return [
        #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"\#(item)","content_index":0,"delta":" \#(word)"}"#
      ]
    case 4:
      guard let active else { return [] }
      return [
        #"{"type":"response.output_audio.delta","response_id":"\#(active.id)","item_id":"a_\#(active.id)","content_index":0,"delta":"AAAAAAAA"}"#
      ]
    default: return generator.next() % 4 == 0 ? hasTools && generator.next() % 4 == 0 ? call() : finish("completed") : []
    }
  }

  /// The response calls a function and ends.
  private mutating func call() -> [String] {
    guard let response = active else { return [] }
    active = nil
    let (item, call) = (newID("call"), newID("fc"))
    calls.append(call)
    if calls.count > 8 { calls.removeFirst() }
    items.append(item)
    let json = #"{"id":"\#(item)","type":"function_call","status":"completed","name":"lookup","call_id":"\#(call)","arguments":""}"#
    return ["conversation.item.added", "conversation.item.done"].map { #"{"type":"\#($0)","previous_item_id":null,"item":\#(json)}"# } + [
      #"{"type":"response.output_item.done","response_id":"\#(response.id)","item":\#(json)}"#,
      #"{"type":"response.done","response":{"id":"\#(response.id)","conversation_id":"conv","status":"completed","output":[\#(json)]}}"#,
    ]
  }

  private func error(_ code: String, _ message: String, about id: String?) -> String {
    #"{"type":"error","error":{"type":"invalid_request_error","code":"\#(code)","message":"\#(message)","event_id":\#(id.map { "\"\($0)\"" } ?? "null")}}"#
  }
}

extension ByteBuffer {
  fileprivate var isToolOutput: Bool {
    withJSON { event in
      event.member("event_id")?.string?.hasPrefix("gw_item_") ?? false
        && event.member("item")?.member("type")?.string == "function_call_output"
    } ?? false
  }

  fileprivate var isRequest: Bool { withJSON { $0.member("type")?.string } == "response.create" }

  fileprivate var isGatewaysRequest: Bool {
    withJSON { event in
      event.member("type")?.string == "response.create" && event.member("event_id")?.string?.hasPrefix("gw_") ?? false
    } ?? false
  }
}
