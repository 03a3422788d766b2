import NIOCore

/// Transcripts of what the user says: word by word while they speak, or in a burst after the commit.
extension SimulatorStateMachine {
  private static let prefix = "conversation.item.input_audio_transcription"
  /// Time from a word to the next, in milliseconds.
  private static let wordMilliseconds = 250

  var transcriptionModel: String? { session["audio"]?["input"]?["transcription"]?["model"]?.string }

  /// True if words arrive while the user speaks.
  private var isStreaming: Bool {
    guard let model = transcriptionModel else { return false }
    switch configuration.transcriptModel {
    case .streaming: return true
    case .afterCommit: return false
    case nil: return model.hasPrefix("gpt-realtime-whisper") || model.hasPrefix("gpt-live-transcribe")
    }
  }

  /// Time from the beginning of speech to its first word: `transcription.delay` trades it for accuracy.
  private var leadMilliseconds: Int {
    switch session["audio"]?["input"]?["transcription"]?["delay"]?.string {
    case "minimal": 300
    case "medium": 900
    case "high": 1_300
    case "xhigh": 2_000
    default: 600
    }
  }

  /// So much speech was heard since the last pause: the words that are in it are sent.
  mutating func transcribe(upTo milliseconds: Int) {
    speech?.spokenMilliseconds = milliseconds
    guard isStreaming, var current = speech, current.turn?.transcriptionError == nil else { return }
    let total = current.earlierMilliseconds + milliseconds
    let lead = leadMilliseconds
    while current.said < current.words.count, total >= lead + current.said * Self.wordMilliseconds {
      send("\(Self.prefix).delta", delta(current.words[current.said], of: current.item))
      current.said += 1
    }
    speech = current
  }

  /// The turn is over: the words that are missing, and the whole.
  mutating func finishTranscript(of spoken: UserSpeech) {
    guard transcriptionModel != nil else { return }
    let isUnintelligible = configuration.errorCode == "audio_unintelligible"
    if let fault = spoken.turn?.transcriptionError ?? (isUnintelligible ? Self.unintelligible : nil) {
      return later(.milliseconds(300), .failTranscript(item: spoken.item, fault))
    }
    let (wait, pause, tail): (Int64, Int64, Int64) = isStreaming ? (60, 2, 70) : (400, 4, 124)
    var time = wait
    for word in spoken.words.dropFirst(spoken.said) {
      later(.milliseconds(time), .event("\(Self.prefix).delta", delta(word, of: spoken.item)))
      time += pause
    }
    later(.milliseconds(time + tail), .transcribe(item: spoken.item))
  }

  private static let unintelligible = SimulatorTurn.Fault(
    type: "transcription_error", code: "audio_unintelligible", message: "The audio could not be transcribed.")

  private mutating func delta(_ text: String, of item: String) -> JSONObject {
    var members: JSONObject = ["item_id": .string(item), "content_index": 0, "delta": .string(text)]
    if wantsLogprobs { members["logprobs"] = logprobs(text) }
    members["obfuscation"] = .string(generator.obfuscation())
    return members
  }

  /// All words are out. With transcripts out of order, every other one waits for the one behind it.
  mutating func transcriptFinished(of item: String) {
    guard configuration.outOfOrderTranscripts else { return completeTranscript(of: item) }
    if let held = heldTranscript {
      heldTranscript = nil
      completeTranscript(of: item)
      later(.milliseconds(100), .releaseTranscript(item: held))
    } else {
      heldTranscript = item
      later(.seconds(4), .releaseTranscript(item: item))
    }
  }

  mutating func releaseTranscript(of item: String) {
    if heldTranscript == item { heldTranscript = nil }
    forget { if case .releaseTranscript(item) = $0 { true } else { false } }
    completeTranscript(of: item)
  }

  private mutating func completeTranscript(of item: String) {
    // Deleted meanwhile: it is no longer awaited.
    guard let found = conversation.item(item) else { return }
    conversation.update(item) { $0.json["content"] = [["type": "input_audio", "transcript": .string(found.words)]] }
    var members: JSONObject = [
      "item_id": .string(item), "content_index": 0, "transcript": .string(found.words), "usage": usage(of: found),
    ]
    if wantsLogprobs { members["logprobs"] = logprobs(found.words) }
    send("\(Self.prefix).completed", members)
  }

  mutating func failTranscript(of item: String, _ fault: SimulatorTurn.Fault) {
    guard conversation.index(of: item) != nil else { return }
    send(
      "\(Self.prefix).failed",
      [
        "item_id": .string(item), "content_index": 0,
        "error": ["type": .string(fault.type), "code": .string(fault.code), "message": .string(fault.message), "param": .null],
      ])
  }

  /// The models of the gpt-4o family are billed by tokens, the others by time.
  private func usage(of item: ConversationItem) -> JSON {
    guard transcriptionModel?.hasPrefix("gpt-4o") ?? false else {
      return ["type": "duration", "seconds": .double(Double(item.audioMilliseconds) / 1_000)]
    }
    let (input, output) = (item.audioMilliseconds / 100, PromptTokens.text(item.words) + 1)
    return [
      "type": "tokens", "total_tokens": .int(input + output), "input_tokens": .int(input),
      "input_token_details": ["text_tokens": 0, "audio_tokens": .int(input)], "output_tokens": .int(output),
    ]
  }

  private var wantsLogprobs: Bool {
    session["include"]?.array?.contains("item.input_audio_transcription.logprobs") ?? false
  }

  /// A token a word, all rather certain.
  private func logprobs(_ text: String) -> JSON {
    .array(
      ResponseStream.words(of: text).map { word in
        ["token": .string(word), "logprob": -0.02, "bytes": .array(word.utf8.map { .int(Int($0)) })]
      })
  }
}
