/// A response that is being made, and what was sent of it.
struct Response {
  let id: String
  /// The id of its output item.
  let item: String
  /// True for a response outside the conversation (`"conversation": "none"`): its items are not kept.
  let isOutOfBand: Bool
  /// JSON of `response.created`.
  var json: JSON
  var content: ResponseStream.Content
  /// Words spoken with audio.
  var text = ""
  var stream: ResponseStream
  /// Prompt of the response, for `usage`.
  var prompt: PromptTokens
  /// Fault of a response that fails.
  var failure: SimulatorTurn.Fault?

  var hasItem = false
  /// The id of the item before its own; null for the first.
  var previous: JSON = .null
  var sentText = ""
  var sentMilliseconds = 0

  /// The members that most of its events share.
  var place: JSONObject { ["response_id": .string(id), "item_id": .string(item), "output_index": 0] }
  var part: JSONObject { place.adding(["content_index": 0]) }

  /// The output item with what was sent so far; without content while it is `in_progress`.
  func itemJSON(status: String) -> JSON {
    let isDone = status != "in_progress"
    switch content {
    case .call(let name, let call, _):
      return [
        "id": .string(item), "type": "function_call", "status": .string(status), "name": .string(name), "call_id": .string(call),
        "arguments": .string(isDone ? sentText : ""),
      ]
    case .audio: return message(status, isDone ? [["type": "output_audio", "transcript": .string(sentText)]] : [])
    case .text: return message(status, isDone ? [["type": "output_text", "text": .string(sentText)]] : [])
    }
  }

  private func message(_ status: String, _ content: JSON) -> JSON {
    ["id": .string(item), "type": "message", "status": .string(status), "role": "assistant", "content": content]
  }

  /// Tokens that were sent.
  var outputTokens: (text: Int, audio: Int) {
    (sentText.isEmpty ? 0 : PromptTokens.text(sentText) + 1, sentMilliseconds / 50)
  }

  /// Returns the usage as the provider counts it.
  func usage(after previous: PromptTokens?) -> JSON {
    let cached = prompt.cached(after: previous)
    let output = outputTokens
    let input = prompt.text + prompt.audio + prompt.image
    return [
      "total_tokens": .int(input + output.text + output.audio), "input_tokens": .int(input),
      "output_tokens": .int(output.text + output.audio),
      "input_token_details": [
        "text_tokens": .int(prompt.text), "audio_tokens": .int(prompt.audio), "image_tokens": .int(prompt.image),
        "cached_tokens": .int(cached.text + cached.audio),
        "cached_tokens_details": ["text_tokens": .int(cached.text), "audio_tokens": .int(cached.audio), "image_tokens": 0],
      ],
      "output_token_details": ["text_tokens": .int(output.text), "audio_tokens": .int(output.audio)],
    ]
  }
}
