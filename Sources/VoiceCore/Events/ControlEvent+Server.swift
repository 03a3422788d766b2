import NIOCore

extension ControlEvent {
  /// An event of upstream.
  enum Server: Equatable {
    case sessionCreated(SessionSettings)
    case sessionUpdated(SessionSettings)
    case error(Failure)
    case itemAdded(ConversationItem, Place)
    case itemDone(ConversationItem, Place)
    case itemDeleted(item: String)
    case itemTruncated(Truncation)
    case itemRetrieved(item: String)
    case transcriptGrew(Words)
    /// Words of a transcript in another form, which is for the client alone.
    case transcriptShown
    /// `seconds`: of audio that was transcribed, and is billed.
    case transcriptCompleted(Words, seconds: Double?)
    case transcriptFailed(item: String)
    case speechStarted(item: String?)
    /// `end`: in seconds of all the audio that this upstream was given.
    case speechStopped(item: String?, end: Double?)
    case committed(item: String, Place)
    case cleared
    case responseCreated(Response)
    case responseDone(Response)
    /// `response.output_item.added` and `.done`.
    case outputItem(ConversationItem, response: String?, isDone: Bool)
    case functionArguments(item: String)
    /// Nothing that the relay has a part in.
    case other
  }

  /// Position of an item: `previous_item_id`.
  enum Place: Equatable {
    case behind(String)
    /// `null`, which some servers say of every item.
    case first
    case unsaid

    var previous: String? { if case .behind(let item) = self { item } else { nil } }
  }

  /// Words of one item.
  struct Words: Equatable {
    var item: String
    var contentIndex = 0
    var text: String
  }

  /// `error`.
  struct Failure: Equatable {
    var code: String
    var message: String
    var param: String
    /// The event that it is about, as its sender called it; nil where upstream does not say.
    var eventID: String?
  }

  /// A `response` object.
  struct Response: Equatable {
    /// Empty for the end of a response that upstream does not name.
    var id: String
    /// Writes to no conversation: `conversation_id` is null, which some servers say of every response.
    var hasNoConversation = false
    /// `in_progress` until it is done.
    var status = "in_progress"
    var usage: TokenUsage?
    /// JSON of the metadata; nil if there is none.
    var metadata: String?
    /// JSON of the modalities.
    var outputModalities: String?
  }

  /// Reads an event of a kind that the relay acts on; `other` where a member that it goes by is missing.
  static func server(_ kind: EventKind, _ bytes: ByteBuffer) -> Server {
    bytes.withJSON { root in
      let event = JSONFields(root)
      return switch kind {
      case .sessionCreated: .sessionCreated(settings(event))
      case .sessionUpdated: .sessionUpdated(settings(event))
      case .error: .error(failure(event))
      case .itemAdded, .itemCreated, .itemDone: item(event, isDone: kind == .itemDone)
      case .itemDeleted: named(event) { .itemDeleted(item: $0) }
      case .itemTruncated: .itemTruncated(truncation(event))
      case .itemRetrieved: event.object("item")?["id"]?.string.map { .itemRetrieved(item: $0) }
      case .transcriptionDelta: words(event, "delta").map { .transcriptGrew($0) }
      case .transcriptionUpdated, .transcriptionSegment: .transcriptShown
      case .transcriptionCompleted: words(event, "transcript").map { .transcriptCompleted($0, seconds: transcribedSeconds(event)) }
      case .transcriptionFailed: named(event) { .transcriptFailed(item: $0) }
      case .speechStarted: .speechStarted(item: event["item_id"]?.string)
      case .speechStopped: .speechStopped(item: event["item_id"]?.string, end: event["audio_end_ms"]?.number.map { $0 / 1_000 })
      case .inputAudioCommitted: named(event) { .committed(item: $0, place(event)) }
      case .inputAudioCleared: .cleared
      case .responseCreated: response(event).map { .responseCreated($0) }
      case .responseDone: response(event, isNamed: false).map { .responseDone($0) }
      case .outputItemAdded, .outputItemDone:
        event["item"].map { .outputItem(ConversationItem($0), response: event["response_id"]?.string, isDone: kind == .outputItemDone) }
      case .functionArgumentsDelta, .functionArgumentsDone: named(event) { .functionArguments(item: $0) }
      default: nil
      }
    } ?? .other
  }

  private static func settings(_ event: JSONFields) -> SessionSettings { event["session"].map { SessionSettings($0) } ?? SessionSettings() }

  private static func named(_ event: JSONFields, _ make: (String) -> Server) -> Server? { event["item_id"]?.string.map(make) }

  private static func place(_ event: JSONFields) -> Place {
    guard let previous = event["previous_item_id"] else { return .unsaid }
    return previous.string.map { .behind($0) } ?? .first
  }

  private static func item(_ event: JSONFields, isDone: Bool) -> Server? {
    guard let item = event["item"].map({ ConversationItem($0) }), item.id != nil else { return nil }
    return isDone ? .itemDone(item, place(event)) : .itemAdded(item, place(event))
  }

  private static func words(_ event: JSONFields, _ member: StaticString) -> Words? {
    guard let item = event["item_id"]?.string else { return nil }
    return Words(item: item, contentIndex: event["content_index"]?.integer ?? 0, text: event[member]?.string ?? "")
  }

  private static func failure(_ event: JSONFields) -> Failure {
    let error = event.object("error")
    return Failure(
      code: error?["code"]?.string ?? "", message: error?["message"]?.string ?? "", param: error?["param"]?.string ?? "",
      eventID: error?["event_id"]?.string)
  }

  /// - Parameter isNamed: false: what has no id is read too, for what it costs.
  private static func response(_ event: JSONFields, isNamed: Bool = true) -> Response? {
    guard let fields = event.object("response"), let id = fields["id"]?.string ?? (isNamed ? nil : "") else { return nil }
    var response = Response(id: id)
    response.hasNoConversation = fields["conversation_id"]?.isNull ?? false
    response.status = fields["status"]?.string ?? "unknown"
    // Some servers put it beside the response.
    response.usage = fields["usage"].flatMap(TokenUsage.init(json:)) ?? event["usage"].flatMap(TokenUsage.init(json:))
    response.metadata = fields["metadata"].flatMap { $0.isNull ? nil : $0.json }
    response.outputModalities = fields["output_modalities"]?.json
    return response
  }

  /// Models that are billed by tokens hear ten a second. Tokens of an unknown kind count as heard: nothing is free because it lacks its details.
  private static func transcribedSeconds(_ event: JSONFields) -> Double? {
    guard let usage = event.object("usage") else { return nil }
    if let seconds = usage["seconds"]?.seconds { return seconds }
    let tokens =
      usage.object("input_token_details")?["audio_tokens"]?.amount ?? usage["input_tokens"]?.amount ?? usage["total_tokens"]?.amount
    return tokens.map { min(Double($0) / 10, 86_400) }
  }
}
