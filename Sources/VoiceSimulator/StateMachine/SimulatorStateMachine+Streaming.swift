import NIOCore

/// A response on its way: its item, its deltas, and its end in the provider's order.
extension SimulatorStateMachine {
  /// Sends the piece of a response that is due.
  mutating func proceed(_ index: Int) {
    guard let piece = responses[index].stream.next(at: now) else { return }
    switch piece {
    case .begun: openItem(index)
    case .transcript(let text): sendDelta("response.output_audio_transcript.delta", text, responses[index].part, index)
    case .text(let text): sendDelta("response.output_text.delta", text, responses[index].part, index)
    case .arguments(let text): sendDelta("response.function_call_arguments.delta", text, callPlace(index), index)
    case .audio(let chunk): sendAudio(chunk, index)
    case .ended(.completed): finish(index, status: "completed", details: .null)
    case .ended(.incomplete(let reason)):
      finish(index, status: "incomplete", details: ["type": "incomplete", "reason": .string(reason.rawValue)])
    case .ended(.failed):
      let failure = responses[index].failure
      let error: JSON = [
        "type": .string(failure?.type ?? "server_error"), "code": .optional(failure?.code), "message": .string(failure?.message ?? ""),
      ]
      finish(index, status: "failed", details: ["type": "failed", "error": error])
    }
  }

  private mutating func openItem(_ index: Int) {
    responses[index].hasItem = true
    let response = responses[index]
    let json = response.itemJSON(status: "in_progress")
    send("response.output_item.added", ["response_id": .string(response.id), "output_index": 0, "item": json])
    if !response.isOutOfBand {
      responses[index].previous = conversation.lastID
      var item = ConversationItem(id: response.item, json: json)
      item.format = response.stream.speech?.format ?? .pcm16
      conversation.insert(item, at: conversation.items.count)
      send("conversation.item.added", ["previous_item_id": responses[index].previous, "item": json])
    }
    let part: JSON
    switch response.content {
    case .audio: part = ["type": "audio", "transcript": ""]
    case .text: part = ["type": "text", "text": ""]
    case .call: return
    }
    send("response.content_part.added", response.part.adding(["part": part]))
  }

  private func callPlace(_ index: Int) -> JSONObject {
    guard case .call(_, let call, _) = responses[index].content else { return responses[index].place }
    return responses[index].place.adding(["call_id": .string(call)])
  }

  private mutating func sendDelta(_ type: String, _ text: String, _ place: JSONObject, _ index: Int) {
    responses[index].sentText += text
    send(type, place.adding(["delta": .string(text), "obfuscation": .string(generator.obfuscation())]))
  }

  private mutating func sendAudio(_ chunk: Int, _ index: Int) {
    guard let speech = responses[index].stream.speech else { return }
    let response = responses[index]
    responses[index].sentMilliseconds += speech.milliseconds(ofChunk: chunk)
    if !response.isOutOfBand {
      hasSpoken = true
      let sent = responses[index].sentMilliseconds
      // So that it can be truncated while it is still being sent.
      conversation.update(response.item) { item in
        guard !item.isTruncated else { return }
        item.audio = .assistant(speech)
        item.audioMilliseconds = sent
      }
    }
    var members = ByteBuffer()
    members.writeJSONMembers(response.part)
    send("response.output_audio.delta", members: "," + String(buffer: members), audio: speech.chunks[chunk])
  }

  // MARK: Ends

  mutating func finish(_ index: Int, status: String, details: JSON) {
    let response = responses.remove(at: index)
    if activeResponse == response.id { activeResponse = nil }
    var json = response.json
    if response.hasItem { json["output"] = [closeItem(response, status: status == "completed" ? "completed" : "incomplete")] }
    json["status"] = .string(status)
    json["status_details"] = details
    json["usage"] = response.failure == nil ? response.usage(after: lastPrompt) : .null
    if response.failure == nil {
      if !response.isOutOfBand { lastPrompt = response.prompt }
      let output = response.outputTokens
      rateLimit.use(response.prompt.text + response.prompt.audio + response.prompt.image + output.text + output.audio, at: now)
    }
    send("response.done", ["response": json])
    later(.milliseconds(43), .event("rate_limits.updated", ["rate_limits": [rateLimit.json]]))
    guard !response.isOutOfBand, status != "cancelled" else { return }
    armIdleTimeout(afterPlaying: response.sentMilliseconds * 3 / 4)
  }

  /// The tail of a response: what was being made is done. Answers the item as it is now.
  private mutating func closeItem(_ response: Response, status: String) -> JSON {
    let said: JSON = .string(response.sentText)
    switch response.content {
    case .audio:
      send("response.output_audio.done", response.part)
      send("response.output_audio_transcript.done", response.part.adding(["transcript": said]))
      send("response.content_part.done", response.part.adding(["part": ["type": "audio", "transcript": said]]))
    case .text:
      send("response.output_text.done", response.part.adding(["text": said]))
      send("response.content_part.done", response.part.adding(["part": ["type": "text", "text": said]]))
    case .call(let name, let call, _):
      let members: JSONObject = ["call_id": .string(call), "name": .string(name), "arguments": said]
      send("response.function_call_arguments.done", response.place.adding(members))
    }
    let item = response.itemJSON(status: status)
    if !response.isOutOfBand, conversation.index(of: response.item) != nil {
      conversation.update(response.item) { kept in
        guard !kept.isTruncated else {
          kept.json["status"] = .string(status)
          return
        }
        kept.json = item
        kept.words = response.sentText
        kept.version += 1
      }
      send("conversation.item.done", ["previous_item_id": response.previous, "item": item])
    }
    send("response.output_item.done", ["response_id": .string(response.id), "output_index": 0, "item": item])
    return item
  }
}
