import NIOCore

/// Responses: one at a time for the conversation, some more beside it.
extension SimulatorStateMachine {
  /// Maximum of concurrent responses outside the conversation; the provider has a limit of its own.
  private static let maxResponses = 16

  /// `event` is the client's `response.create`; nil where the session answers by itself.
  mutating func respond(to event: JSON?) {
    let wish = event?["response"].flatMap(\.nonNull) ?? [:]
    if let violation = violation(inResponse: wish) { return fail(violation, about: event) }
    let isOutOfBand = wish["conversation"]?.string == "none"
    if !isOutOfBand, let activeResponse {
      let message = """
        Conversation already has an active response in progress: \(activeResponse). Wait until the response is finished before creating a \
        new one.
        """
      return fail(SchemaViolation(code: "conversation_already_has_active_response", message: message), about: event)
    }
    guard responses.count < Self.maxResponses else {
      return fail(SchemaViolation(code: "rate_limit_exceeded", message: "Too many responses in progress."), about: event)
    }
    switch input(of: wish) {
    case .success(let items):
      if !isOutOfBand {
        forgetIdleTimeout()
        forget { if case .respond = $0 { true } else { false } }
      }
      start(wish, items, isOutOfBand: isOutOfBand)
    case .failure(let refusal): fail(refusal.violation, about: event)
    }
  }

  private mutating func start(_ wish: JSON, _ context: [ConversationItem], isOutOfBand: Bool) {
    let id = generator.id("resp_")
    let turn = turn(for: context, isOutOfBand: isOutOfBand)
    let instructions = wish["instructions"]?.string
    let tools = setting("tools", wish)?.array ?? []
    let output = session["audio"]?["output"]
    let format = wish["audio"]?["output"]?["format"].flatMap(\.nonNull).map(SessionObject.completed) ?? output?["format"]
    let voice = wish["audio"]?["output"]?["voice"].flatMap(\.nonNull) ?? output?["voice"] ?? "marin"
    let modalities = setting("output_modalities", wish) ?? ["audio"]
    let limit = setting("max_output_tokens", wish) ?? "inf"
    let json: JSON = [
      "object": "realtime.response", "id": .string(id), "status": "in_progress", "status_details": .null, "output": [],
      "conversation_id": isOutOfBand ? .null : .string(conversationID), "output_modalities": modalities, "max_output_tokens": limit,
      "audio": ["output": ["format": format ?? ["type": "audio/pcm", "rate": 24_000], "voice": voice]], "usage": .null,
      "metadata": wish["metadata"] ?? .null,
    ]
    let answer = AnswerComposer(
      items: context.compactMap(\.context), tools: tools, toolChoice: setting("tool_choice", wish) ?? "auto", instructions: instructions,
      turn: turn
    ).compose()
    let (content, text) = content(for: answer, isText: modalities == ["text"])
    let begin = now + TimeAmount(turn?.firstAudioDelay ?? configuration.firstAudioDelay)
    let failure = turn?.error ?? configuredFailure
    let stream =
      failure == nil
      ? ResponseStream(content, startsAt: begin, maxTokens: limit.int, cut: turn?.incomplete)
      : ResponseStream(failingAt: now + .milliseconds(50))
    let prompt = PromptTokens(instructions: instructions ?? session["instructions"]?.string ?? "", tools: tools, items: context)
    responses.append(
      Response(
        id: id, item: generator.id("item_"), isOutOfBand: isOutOfBand, json: json, content: content, text: text, stream: stream,
        prompt: prompt, failure: failure))
    if !isOutOfBand { activeResponse = id }
    send("response.created", ["response": json])
    guard failure == nil, content == .audio else { return }
    let speed = output?["speed"]?.number ?? 1
    let name = voice.string ?? voice["id"]?.string ?? "marin"
    speak(SpeechRequest(text: text, voice: name, speed: speed, format: AudioFormat(format)), response: id)
  }

  private mutating func content(for answer: Answer, isText: Bool) -> (ResponseStream.Content, String) {
    switch answer {
    case .say(let text): (isText ? .text(text) : .audio, text)
    case .call(let name, let arguments): (.call(name: name, id: generator.id("call_"), arguments: arguments), "")
    }
  }

  /// The response's own, else the session's.
  private func setting(_ name: String, _ wish: JSON) -> JSON? {
    if let own = wish[name], !own.isNull { return own }
    return session[name].flatMap(\.nonNull)
  }

  /// Line of the script that is answered: the one with the user's newest words, else one without a user.
  private mutating func turn(for context: [ConversationItem], isOutOfBand: Bool) -> SimulatorTurn? {
    let last = context.last { $0.json["role"]?.string != "system" }
    let question = context.last(where: \.isUser)
    if isOutOfBand { return question.flatMap { script.line(saying: $0.words) } }
    if last?.json["type"]?.string == "function_call_output" || last?.isUser ?? false { return question?.turn }
    return script.lineWithoutUser()
  }

  private var configuredFailure: SimulatorTurn.Fault? {
    guard let code = configuration.errorCode, code != "audio_unintelligible" else { return nil }
    // The provider's own words for the limits that it names.
    switch code {
    case "rate_limit_exceeded":
      return SimulatorTurn.Fault(type: "tokens", code: code, message: "Rate limit reached for the model on tokens per min (TPM).")
    case "insufficient_quota", "credit_balance_exhausted":
      return SimulatorTurn.Fault(
        type: "insufficient_quota", code: code, message: "You exceeded your current quota, please check your plan and billing details.")
    default: return SimulatorTurn.Fault(type: "server_error", code: code, message: "The server had an error while processing your request.")
    }
  }

  // MARK: What was asked for

  private func violation(inResponse wish: JSON) -> SchemaViolation? {
    if opening.isTranscription {
      return SchemaViolation(code: "invalid_parameter", message: "Responses are not supported in transcription sessions.", param: "type")
    }
    guard wish.object != nil else { return .invalidType(wish, at: "response", expected: "an object") }
    if let violation = Schema.response(model: session["model"]?.string ?? "").violation(in: wish, at: "response") { return violation }
    if let violation = Self.modalityViolation(wish, at: "response") ?? Self.metadataViolation(wish["metadata"]) { return violation }
    let voice = wish["audio"]?["output"]?["voice"]
    if let voice, !voice.isNull, hasSpoken, wish["conversation"]?.string != "none", voice != session["audio"]?["output"]?["voice"] {
      return SchemaViolation(code: "cannot_update_voice", message: "Cannot update a conversation's voice if assistant audio is present.")
    }
    return nil
  }

  /// Checks metadata: at most 16 names of 64 characters, with values of 512.
  private static func metadataViolation(_ metadata: JSON?) -> SchemaViolation? {
    guard let metadata, !metadata.isNull else { return nil }
    guard let object = metadata.object else { return .invalidType(metadata, at: "response.metadata", expected: "an object") }
    if object.count > 16 {
      let message =
        "Invalid 'response.metadata': too many properties. Expected an object with at most 16 properties, but got \(object.count)."
      return SchemaViolation(code: "object_above_max_properties", message: message, param: "response.metadata")
    }
    for (name, value) in object.members {
      let path = "response.metadata.\(name)"
      if let violation = Schema.string(maxLength: 64).violation(in: .string(name), at: path) { return violation }
      if let violation = Schema.string(maxLength: 512).violation(in: value, at: path) { return violation }
    }
    return nil
  }

  private struct Refusal: Error { var violation: SchemaViolation }

  /// Input of the model: the conversation, or the items that the client named instead.
  private mutating func input(of wish: JSON) -> Result<[ConversationItem], Refusal> {
    guard let input = wish["input"]?.array else { return .success(conversation.items) }
    var items: [ConversationItem] = []
    for (index, entry) in input.enumerated() {
      let path = "response.input[\(index)]"
      if entry["type"]?.string == "item_reference" {
        guard let id = entry["id"]?.string else { return .failure(Refusal(violation: .missing("\(path).id"))) }
        guard let item = conversation.item(id) else {
          let message = "Error referencing item: the item with id '\(id)' does not exist."
          return .failure(Refusal(violation: SchemaViolation(code: "invalid_value", message: message, param: "\(path).id")))
        }
        items.append(item)
      } else if let violation = ItemSchema.violation(in: entry, at: path) {
        return .failure(Refusal(violation: violation))
      } else {
        var item = ConversationItem(id: entry["id"]?.string ?? "", json: entry)
        item.words = ConversationItem.words(of: entry)
        items.append(item)
      }
    }
    return .success(items)
  }

  // MARK: Cancelling

  mutating func cancelResponse(_ event: JSON) {
    let wanted = event["response_id"].flatMap(\.nonNull)
    if let wanted, wanted.string == nil {
      return fail(.invalidType(wanted, at: "response_id", expected: "a string"), about: event)
    }
    guard let id = wanted?.string ?? activeResponse, let index = responses.firstIndex(where: { $0.id == id }) else {
      return fail(
        SchemaViolation(code: "response_cancel_not_active", message: "Cancellation failed: no active response found"), about: event)
    }
    finish(index, status: "cancelled", details: ["type": "cancelled", "reason": "client_cancelled"])
  }

  mutating func cancelActive(reason: String) {
    guard let index = responses.firstIndex(where: { $0.id == activeResponse }) else { return }
    finish(index, status: "cancelled", details: ["type": "cancelled", "reason": .string(reason)])
  }
}
