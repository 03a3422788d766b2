import NIOCore

extension ControlEvent {
  /// An event of a client.
  enum Client: Equatable {
    /// `session.update`; nil where `session` is no object.
    case sessionUpdate(session: String?)
    case responseCreate(Request)
    /// `response.cancel`; nil: of the response that the conversation is making.
    case responseCancel(response: String?)
    case itemCreate(Creation)
    case itemDelete(item: String?)
    case itemRetrieve(item: String?)
    case itemTruncate(Truncation)
    case audioCommit
    case audioClear
    /// Nothing that the relay has a part in.
    case other
  }

  /// `response.create`.
  struct Request: Equatable {
    /// The client's own name for the event.
    var id: String?
    /// Writes nothing to the conversation, and may run beside a response that does.
    var isOutOfBand = false
    /// JSON of the instructions.
    var instructions: String?
    /// JSON of the limit.
    var maxOutputTokens: String?
  }

  /// `conversation.item.create`.
  struct Creation: Equatable {
    var item: ConversationItem
    var previous: String?
  }

  /// `conversation.item.truncate`, or its confirmation.
  struct Truncation: Equatable {
    var item: String
    var contentIndex = 0
    var audioEndMilliseconds = 0
  }

  /// A client's event as it was read.
  struct Decoded: Equatable {
    var event: Client
    /// `event_id`, by which an error names it.
    var id: String?
    /// A member that the operator's rules look at stands twice: which one counts is the receiver's choice, so the event goes nowhere.
    var repeats = false
  }

  /// Reads a client's event of a kind that the relay acts on.
  static func client(_ kind: EventKind, _ bytes: ByteBuffer) -> Decoded {
    bytes.withJSON { root -> Decoded in
      let event = JSONFields(root)
      var decoded = Decoded(event: .other, id: event["event_id"]?.string)
      switch kind {
      case .sessionUpdate:
        let session = event["session"]
        decoded.event = .sessionUpdate(session: session?.isObject ?? false ? session?.json : nil)
        decoded.repeats = event.repeats(["session"]) || session.map(repeatsSettings) ?? false
      case .responseCreate:
        let response = event.object("response")
        decoded.event = .responseCreate(
          Request(
            id: decoded.id, isOutOfBand: response?["conversation"]?.string == "none", instructions: response?["instructions"]?.json,
            maxOutputTokens: response?["max_output_tokens"]?.json))
        decoded.repeats =
          event.repeats(["response"]) || response?.repeats(["instructions", "max_output_tokens", "conversation"]) ?? false
      case .responseCancel: decoded.event = .responseCancel(response: event["response_id"]?.string)
      case .itemCreate:
        let item = event["item"].map { ConversationItem($0) } ?? ConversationItem(id: nil, type: "")
        decoded.event = .itemCreate(Creation(item: item, previous: event["previous_item_id"]?.string))
      case .itemDelete: decoded.event = .itemDelete(item: event["item_id"]?.string)
      case .itemRetrieve: decoded.event = .itemRetrieve(item: event["item_id"]?.string)
      case .itemTruncate: decoded.event = .itemTruncate(truncation(event))
      case .inputAudioCommit: decoded.event = .audioCommit
      case .inputAudioClear: decoded.event = .audioClear
      default: break
      }
      if event.repeats(["item_id", "event_id"]) { decoded.repeats = true }
      return decoded
    } ?? Decoded(event: .other)
  }

  static func truncation(_ event: JSONFields) -> Truncation {
    Truncation(
      item: event["item_id"]?.string ?? "", contentIndex: event["content_index"]?.integer ?? 0,
      audioEndMilliseconds: event["audio_end_ms"]?.integer ?? 0)
  }

  private static func repeatsSettings(_ view: JSONView) -> Bool {
    let session = JSONFields(view)
    let audio = session.object("audio")
    let input = audio?.object("input")
    return session.repeats(["instructions", "audio", "tools", "max_output_tokens", "model", "type"]) || audio?.repeats(["input"]) ?? false
      || input?.repeats(["turn_detection", "transcription"]) ?? false
      || input?.object("turn_detection")?.repeats(["create_response", "type"]) ?? false
  }
}
