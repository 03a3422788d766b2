/// The input audio buffer: speech in it begins turns, a pause ends them.
extension SimulatorStateMachine {
  mutating func append(_ bytes: [UInt8]) {
    let format = AudioFormat(session["audio"]?["input"]?["format"])
    let samples = format.samples(bytes)
    bufferedMilliseconds += samples.count / format.samplesPerMillisecond
    guard let detection = turnDetection else { return }
    for event in detector.heard(samples, samplesPerMillisecond: format.samplesPerMillisecond) {
      switch event {
      case .started(let start): speechStarted(at: start, detection)
      case .spoke: sayNextWord()
      case .stopped(let end): speechStopped(at: end)
      }
    }
  }

  private mutating func speechStarted(at start: Int, _ detection: JSON) {
    forget { if case .idle = $0 { true } else { false } }
    let item = generator.id("item_")
    speaking = Speaking(item: item, words: nextSentence())
    bufferStart = start
    send(["type": "input_audio_buffer.speech_started", "audio_start_ms": .number(Double(start)), "item_id": .string(item)])
    if detection["interrupt_response"]?.bool ?? true { cancelActive(reason: "turn_detected") }
  }

  private mutating func sayNextWord() {
    guard transcribesWhileSpeaking, var current = speaking, current.said < current.words.count else { return }
    sendTranscriptDelta(item: current.item, (current.said == 0 ? "" : " ") + current.words[current.said])
    current.said += 1
    speaking = current
  }

  private mutating func speechStopped(at end: Int) {
    guard let current = speaking else { return }
    send(["type": "input_audio_buffer.speech_stopped", "audio_end_ms": .number(Double(end)), "item_id": .string(current.item)])
    commit(item: current.item, milliseconds: end - bufferStart, words: current.words, said: current.said, answers: answersByItself)
  }

  private var answersByItself: Bool { turnDetection?["create_response"]?.bool ?? false }

  /// The client's own commit: no answer follows by itself.
  mutating func commitBuffer(_ event: JSON) {
    guard bufferedMilliseconds >= 100 else {
      return fail(
        "input_audio_buffer_commit_empty",
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has \(bufferedMilliseconds).00ms of audio.",
        about: event)
    }
    let current = speaking
    commit(
      item: current?.item ?? generator.id("item_"), milliseconds: bufferedMilliseconds, words: current?.words ?? nextSentence(),
      said: current?.said ?? 0, answers: false)
  }

  mutating func clearBuffer() {
    bufferedMilliseconds = 0
    detector.reset()
    speaking = nil
    send(["type": "input_audio_buffer.cleared"])
  }

  /// The buffer becomes an item; its transcript follows, and an answer where the session wants one by itself.
  private mutating func commit(item: String, milliseconds: Int, words: [String], said: Int, answers: Bool) {
    send(["type": "input_audio_buffer.committed", "previous_item_id": lastItemID, "item_id": .string(item)])
    addItem(
      [
        "id": .string(item), "type": "message", "status": "completed", "role": "user",
        "content": [["type": "input_audio", "transcript": nil]],
      ],
      milliseconds: milliseconds)
    bufferedMilliseconds = 0
    detector.reset()
    speaking = nil
    heard[item] = words.joined(separator: " ")
    if transcriptionModel != nil {
      let (rest, delay) = transcribesWhileSpeaking ? (words.dropFirst(said), 60) : (words[...], 400)
      for (index, word) in rest.enumerated() {
        let delta: JSON = transcriptDelta(item: item, (said + index == 0 ? "" : " ") + word)
        later(.milliseconds(delay + index * 4), .event(delta))
      }
      let after = configuration.outOfOrderTranscripts ? 3_000 : delay + rest.count * 4 + 80
      later(.milliseconds(after), .transcribe(item: item))
    }
    if answers { later(.milliseconds(8), .respond) }
    turn += 1
  }

  private func transcriptDelta(item: String, _ text: String) -> JSON {
    [
      "type": "conversation.item.input_audio_transcription.delta", "item_id": .string(item), "content_index": 0, "delta": .string(text),
    ]
  }

  private mutating func sendTranscriptDelta(item: String, _ text: String) {
    var event = transcriptDelta(item: item, text)
    event["obfuscation"] = .string(generator.letters(9 + Int(generator.next() % 6)))
    send(event)
  }

  mutating func completeTranscript(of item: String) {
    guard let text = heard[item], let index = items.firstIndex(where: { $0.id == item }) else { return }
    items[index].json["content"] = [["type": "input_audio", "transcript": .string(text)]]
    let seconds = Double(items[index].audioMilliseconds) / 1_000
    let usage: JSON
    if transcribesWhileSpeaking {
      usage = ["type": "duration", "seconds": .number(seconds)]
    } else {
      let (input, output) = (items[index].audioMilliseconds / 100, text.count / 4 + 1)
      usage = [
        "type": "tokens", "total_tokens": .number(Double(input + output)), "input_tokens": .number(Double(input)),
        "input_token_details": ["text_tokens": 0, "audio_tokens": .number(Double(input))], "output_tokens": .number(Double(output)),
      ]
    }
    send([
      "type": "conversation.item.input_audio_transcription.completed", "item_id": .string(item), "content_index": 0,
      "transcript": .string(text), "usage": usage,
    ])
  }

  // MARK: Silence

  /// With `idle_timeout_ms` the server speaks up when the user does not.
  mutating func armIdleTimeout() {
    forget { if case .idle = $0 { true } else { false } }
    guard activeResponse == nil, let timeout = turnDetection?["idle_timeout_ms"]?.int else { return }
    later(.milliseconds(timeout), .idle)
  }

  mutating func idleTimeoutPassed() {
    guard activeResponse == nil, speaking == nil else { return }
    let item = generator.id("item_")
    let end = detector.milliseconds
    let start = max(0, end - (turnDetection?["idle_timeout_ms"]?.int ?? 0))
    send([
      "type": "input_audio_buffer.timeout_triggered", "audio_start_ms": .number(Double(start)), "audio_end_ms": .number(Double(end)),
      "item_id": .string(item),
    ])
    commit(item: item, milliseconds: end - start, words: [], said: 0, answers: answersByItself)
  }

  /// What the user is taken to say this turn: nobody listens, so it is scripted.
  private func nextSentence() -> [String] {
    let sentences = [
      "Hello there, can you hear me well?", "What do you need to know before you can help me?",
      "How long does the delivery of an order usually take?", "Can I send a product back when I do not like it?",
      "Tell me something about the opening hours of your shop.",
    ]
    let script = configuration.script
    let text = script.isEmpty ? sentences[(turn + Int(configuration.seed - 1)) % sentences.count] : script[turn % script.count].user
    return (text ?? sentences[turn % sentences.count]).split(separator: " ").map(String.init)
  }
}
