/// Responses: made step by step, one at a time for the conversation, any number beside it.
extension SimulatorStateMachine {
  /// A response that is being made.
  struct Response {
    enum Kind: Equatable {
      case audio, text
      case call(name: String, id: String, arguments: String)
    }
    var json: JSON
    var kind: Kind
    var item: String
    var isOutOfBand: Bool
    var text: String
    var sentText = ""
    var sentMilliseconds = 0
    var hasItem = false
    var previous: JSON = .null
    var inputTokens: (text: Int, audio: Int) = (0, 0)
  }

  /// `event` is the client's `response.create`; nil where the session answers by itself.
  mutating func respond(to event: JSON?) {
    let wish = event?["response"] ?? [:]
    let isOutOfBand = wish["conversation"]?.string == "none"
    if !isOutOfBand, let activeResponse {
      return fail(
        "conversation_already_has_active_response",
        "Conversation already has an active response in progress: \(activeResponse). Wait until the response is finished before creating a new one.",
        about: event)
    }
    forget { if case .idle = $0 { true } else { false } }
    let id = generator.id("resp_")
    let modalities = wish["output_modalities"] ?? session["output_modalities"] ?? ["audio"]
    let context = input(of: wish)
    let (kind, text) = answer(to: context, wish, isText: modalities == ["text"])
    let output = session["audio"]?["output"]
    var json: JSON = [
      "object": "realtime.response", "id": .string(id), "status": "in_progress", "status_details": nil, "output": [],
      "conversation_id": isOutOfBand ? .null : .string(conversationID), "output_modalities": modalities,
      "max_output_tokens": wish["max_output_tokens"] ?? session["max_output_tokens"] ?? "inf", "usage": nil,
      "metadata": wish["metadata"] ?? .null,
    ]
    json["audio"] = [
      "output": [
        "format": wish["audio"]?["output"]?["format"] ?? output?["format"] ?? .null,
        "voice": wish["audio"]?["output"]?["voice"] ?? output?["voice"] ?? "marin",
      ]
    ]
    responses[id] = Response(
      json: json, kind: kind, item: generator.id("item_"), isOutOfBand: isOutOfBand, text: text,
      inputTokens: (context.reduce(20) { $0 + spoken(by: $1).count / 4 }, context.reduce(0) { $0 + $1.audioMilliseconds } / 100))
    if !isOutOfBand { activeResponse = id }
    send(["type": "response.created", "response": json])
    if configuration.errorCode != nil { later(.milliseconds(50), .finish, response: id) } else { plan(id) }
  }

  /// What the model is given: the conversation, or what the client named instead.
  private func input(of wish: JSON) -> [Item] {
    guard let input = wish["input"]?.array else { return items }
    return input.compactMap { entry in
      entry["type"]?.string == "item_reference" ? items.first { $0.id == entry["id"]?.string } : Item(id: "", json: entry)
    }
  }

  /// Lays out the steps of a response: faster than it can be played, as the provider does.
  private mutating func plan(_ id: String) {
    guard let response = responses[id] else { return }
    let start = configuration.firstAudioDelay
    later(start, .outputItemAdded, response: id)
    let words = response.text.split(separator: " ", omittingEmptySubsequences: false).enumerated().map { $0 == 0 ? String($1) : " \($1)" }
    var time = start + .milliseconds(1)
    switch response.kind {
    case .audio:
      let format = AudioFormat(response.json["audio"]?["output"]?["format"])
      for (index, word) in words.enumerated() {
        later(time, .transcriptDelta(word), response: id)
        later(time + .milliseconds(2), .audioDelta(Tone.word(word, number: index, format: format)), response: id)
        time += .milliseconds(60)
      }
    case .text:
      for word in words {
        later(time, .textDelta(word), response: id)
        time += .milliseconds(15)
      }
    case .call(_, _, let arguments):
      for start in stride(from: 0, to: arguments.count, by: 8) {
        later(time, .argumentsDelta(String(arguments.dropFirst(start).prefix(8))), response: id)
        time += .milliseconds(10)
      }
    }
    later(time, .finish, response: id)
  }

  mutating func proceed(_ id: String, _ step: Step) {
    guard var response = responses[id] else { return }
    var ids: JSON = ["response_id": .string(id), "item_id": .string(response.item), "output_index": 0]
    if case .call(_, let call, _) = response.kind { ids["call_id"] = .string(call) } else { ids["content_index"] = 0 }
    func delta(_ type: String, _ text: String) -> JSON {
      ids.merged(with: ["type": .string(type), "delta": .string(text), "obfuscation": .string("Zk3mQw8rT1")])
    }
    switch step {
    case .outputItemAdded:
      openItem(id, &response)
    case .transcriptDelta(let text):
      response.sentText += text
      send(delta("response.output_audio_transcript.delta", text))
    case .textDelta(let text):
      response.sentText += text
      send(delta("response.output_text.delta", text))
    case .argumentsDelta(let text):
      response.sentText += text
      send(delta("response.function_call_arguments.delta", text))
    case .audioDelta(let bytes):
      let format = AudioFormat(response.json["audio"]?["output"]?["format"])
      response.sentMilliseconds += bytes.count / format.bytesPerSample / format.samplesPerMillisecond
      send(ids.merged(with: ["type": "response.output_audio.delta", "delta": .string(Tone.base64(bytes))]))
    case .finish:
      responses[id] = response
      return finish(id, status: "completed", details: .null)
    case .event, .transcribe, .respond, .idle, .expire, .drop, .reset, .stall:
      preconditionFailure("no step of a response")
    }
    responses[id] = response
  }

  private mutating func openItem(_ id: String, _ response: inout Response) {
    response.hasItem = true
    let item = self.item(of: response, status: "in_progress", isDone: false)
    send(["type": "response.output_item.added", "response_id": .string(id), "output_index": 0, "item": item])
    if !response.isOutOfBand {
      response.previous = lastItemID
      items.append(Item(id: response.item, json: item))
      send(["type": "conversation.item.added", "previous_item_id": response.previous, "item": item])
    }
    if case .call = response.kind { return }
    let part: JSON = response.kind == .audio ? ["type": "audio", "transcript": ""] : ["type": "text", "text": ""]
    send([
      "type": "response.content_part.added", "response_id": .string(id), "item_id": .string(response.item), "output_index": 0,
      "content_index": 0, "part": part,
    ])
  }

  private func item(of response: Response, status: JSON, isDone: Bool) -> JSON {
    if case .call(let name, let call, let arguments) = response.kind {
      return [
        "id": .string(response.item), "type": "function_call", "status": status, "name": .string(name), "call_id": .string(call),
        "arguments": .string(isDone ? arguments : ""),
      ]
    }
    let said: JSON = .string(response.sentText)
    let content: JSON = response.kind == .audio ? ["type": "output_audio", "transcript": said] : ["type": "output_text", "text": said]
    return [
      "id": .string(response.item), "type": "message", "status": status, "role": "assistant", "content": isDone ? [content] : [],
    ]
  }

  // MARK: Ends

  mutating func cancelResponse(_ event: JSON) {
    guard let id = event["response_id"]?.string ?? activeResponse, responses[id] != nil else {
      return fail("response_cancel_not_active", "Cancellation failed: no active response found", about: event)
    }
    finish(id, status: "cancelled", details: ["type": "cancelled", "reason": "client_cancelled"])
  }

  mutating func cancelActive(reason: String) {
    guard let activeResponse else { return }
    finish(activeResponse, status: "cancelled", details: ["type": "cancelled", "reason": .string(reason)])
  }

  private mutating func finish(_ id: String, status: String, details: JSON) {
    schedule.removeAll { $0.response == id }
    guard var response = responses.removeValue(forKey: id) else { return }
    var (status, details) = (status, details)
    if let code = configuration.errorCode, status == "completed" {
      status = "failed"
      let error: JSON = [
        "type": "server_error", "code": .string(code), "message": "The server had an error while processing your request.",
      ]
      details = ["type": "failed", "error": error]
    }
    var output: JSON = []
    if response.hasItem {
      let item = closeItem(id, &response, status: status == "completed" ? "completed" : "incomplete")
      output = [item]
    }
    if activeResponse == id { activeResponse = nil }
    response.json["status"] = .string(status)
    response.json["status_details"] = details
    response.json["output"] = output
    response.json["usage"] = usage(of: response)
    send(["type": "response.done", "response": response.json])
    let limits: JSON = ["name": "tokens", "limit": 40_000, "remaining": 39_210, "reset_seconds": 1.186]
    later(.milliseconds(43), .event(["type": "rate_limits.updated", "rate_limits": [limits]]))
    armIdleTimeout()
  }

  /// The tail of a response: what was being made is done, in the provider's order.
  private mutating func closeItem(_ id: String, _ response: inout Response, status: JSON) -> JSON {
    let ids: JSON = ["response_id": .string(id), "item_id": .string(response.item), "output_index": 0]
    let inPart = ids.merged(with: ["content_index": 0])
    let said: JSON = .string(response.sentText)
    switch response.kind {
    case .audio:
      send(inPart.merged(with: ["type": "response.output_audio.done"]))
      send(inPart.merged(with: ["type": "response.output_audio_transcript.done", "transcript": said]))
      send(inPart.merged(with: ["type": "response.content_part.done", "part": ["type": "audio", "transcript": said]]))
    case .text:
      send(inPart.merged(with: ["type": "response.output_text.done", "text": said]))
      send(inPart.merged(with: ["type": "response.content_part.done", "part": ["type": "text", "text": said]]))
    case .call(let name, let call, let arguments):
      send(
        ids.merged(with: [
          "type": "response.function_call_arguments.done", "call_id": .string(call), "name": .string(name), "arguments": .string(arguments),
        ]))
    }
    let item = self.item(of: response, status: status, isDone: true)
    if !response.isOutOfBand {
      if let index = items.firstIndex(where: { $0.id == response.item }) {
        items[index].json = item
        items[index].audioMilliseconds = response.sentMilliseconds
      }
      send(["type": "conversation.item.done", "previous_item_id": response.previous, "item": item])
    }
    send(["type": "response.output_item.done", "response_id": .string(id), "output_index": 0, "item": item])
    return item
  }

  /// As the provider counts: a token for 100 ms of the user's audio and for 50 ms of the assistant's.
  private mutating func usage(of response: Response) -> JSON {
    let (text, audio) = response.inputTokens
    let cached = min(text, previousInputTokens)
    if !response.isOutOfBand { previousInputTokens = text }
    let (outputText, outputAudio) = (response.sentText.count / 4 + 1, response.sentMilliseconds / 50)
    func count(_ value: Int) -> JSON { .number(Double(value)) }
    return [
      "total_tokens": count(text + audio + outputText + outputAudio), "input_tokens": count(text + audio),
      "output_tokens": count(outputText + outputAudio),
      "input_token_details": [
        "text_tokens": count(text), "audio_tokens": count(audio), "image_tokens": 0, "cached_tokens": count(cached),
        "cached_tokens_details": ["text_tokens": count(cached), "audio_tokens": 0, "image_tokens": 0],
      ],
      "output_token_details": ["text_tokens": count(outputText), "audio_tokens": count(outputAudio)],
    ]
  }
}
