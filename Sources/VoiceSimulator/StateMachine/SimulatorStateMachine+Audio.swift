import NIOCore

/// The input audio buffer: speech in it begins turns, a pause ends them.
extension SimulatorStateMachine {
  /// Nil in push-to-talk.
  var turnDetection: JSON? { session["audio"]?["input"]?["turn_detection"].flatMap(\.nonNull) }

  private var paddingMilliseconds: Int { turnDetection?["prefix_padding_ms"]?.int ?? 300 }

  /// Takes audio frame by frame, so that a long event brings what many short ones would.
  mutating func append(_ bytes: [UInt8]) {
    let audio = buffer.startAppending(bytes)
    let step = VoiceActivityDetector.frameMilliseconds * buffer.format.bytesPerMillisecond
    for start in stride(from: 0, to: audio.count, by: step) {
      let frame = audio[start..<min(start + step, audio.count)]
      buffer.append(frame)
      let format = buffer.format
      for event in frame.withUnsafeBytes({ detector.heard($0, format) }) { heard(event) }
    }
    if turnDetection != nil, speech == nil { buffer.keepLast(milliseconds: paddingMilliseconds + 100) }
  }

  private mutating func heard(_ event: VoiceActivityDetector.Event) {
    switch event {
    case .started(let start): speechStarted(at: start)
    case .spoke(let milliseconds): transcribe(upTo: milliseconds)
    case .stopped(let end): if turnDetection != nil { speechStopped(at: end) }
    }
  }

  private mutating func speechStarted(at start: Int) {
    // In push-to-talk a pause ends nothing.
    if var current = speech {
      current.earlierMilliseconds += current.spokenMilliseconds
      current.spokenMilliseconds = 0
      speech = current
      return
    }
    forgetIdleTimeout()
    let begin = max(committedUpTo, start - paddingMilliseconds)
    speech = nextSpeech(startMilliseconds: turnDetection == nil ? committedUpTo : begin)
    guard let detection = turnDetection, let item = speech?.item else { return }
    send("input_audio_buffer.speech_started", ["audio_start_ms": .int(begin), "item_id": .string(item)])
    guard detection["interrupt_response"]?.bool ?? true else { return }
    forget { if case .respond = $0 { true } else { false } }
    cancelActive(reason: "turn_detected")
  }

  private mutating func speechStopped(at end: Int) {
    guard let current = speech else { return }
    send("input_audio_buffer.speech_stopped", ["audio_end_ms": .int(end), "item_id": .string(current.item)])
    commit(current, milliseconds: end - current.startMilliseconds)
    if turnDetection?["create_response"]?.bool ?? true, !opening.isTranscription { later(.milliseconds(10), .respond) }
  }

  /// Returns the user's words of this turn.
  private mutating func nextSpeech(startMilliseconds: Int) -> UserSpeech {
    let turn = script.userSpoke()
    let text = turn?.user ?? UserSpeech.sentence(Int(configuration.seed % 1_000) + 5 + turns)
    turns += 1
    return UserSpeech(
      item: generator.id("item_"), turn: turn, words: ResponseStream.words(of: text), startMilliseconds: startMilliseconds)
  }

  /// The client's own commit: no answer follows by itself.
  mutating func commitBuffer(_ event: JSON) {
    let milliseconds = buffer.milliseconds
    guard milliseconds >= 100 else {
      let hundredths = Int((milliseconds * 100).rounded())
      let length = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
      let message = """
        Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has \(length)ms of audio.
        """
      return fail(SchemaViolation(code: "input_audio_buffer_commit_empty", message: message), about: event)
    }
    let silence = UserSpeech(item: generator.id("item_"), words: [], startMilliseconds: committedUpTo)
    commit(speech ?? silence, milliseconds: Int(milliseconds))
  }

  mutating func clearBuffer() {
    buffer.clear()
    detector.reset()
    speech = nil
    committedUpTo = detector.milliseconds
    send("input_audio_buffer.cleared")
  }

  /// The buffer becomes an item; its transcript follows.
  private mutating func commit(_ spoken: UserSpeech, milliseconds: Int) {
    speech = nil
    detector.reset()
    committedUpTo = detector.milliseconds
    send("input_audio_buffer.committed", ["previous_item_id": conversation.lastID, "item_id": .string(spoken.item)])
    var item = ConversationItem(
      id: spoken.item,
      json: [
        "id": .string(spoken.item), "type": "message", "status": "completed", "role": "user",
        "content": [["type": "input_audio", "transcript": .null]],
      ])
    item.words = spoken.text
    item.format = buffer.format
    item.audio = .user(buffer.take(milliseconds: milliseconds))
    item.audioMilliseconds = milliseconds
    item.turn = spoken.turn
    add(item)
    finishTranscript(of: spoken)
  }

  // MARK: Silence

  /// Arms `idle_timeout_ms`, after which the server speaks if the user does not: counted from the end of playback.
  mutating func armIdleTimeout(afterPlaying milliseconds: Int) {
    forgetIdleTimeout()
    guard let timeout = turnDetection?["idle_timeout_ms"]?.int, speech == nil else { return }
    later(.milliseconds(Int64(milliseconds + timeout)), .idle)
  }

  mutating func forgetIdleTimeout() { forget { if case .idle = $0 { true } else { false } } }

  mutating func idleTimeoutPassed() {
    guard activeResponse == nil, speech == nil, let timeout = turnDetection?["idle_timeout_ms"]?.int else { return }
    let end = detector.milliseconds
    let start = max(committedUpTo, end - timeout)
    let item = generator.id("item_")
    send(
      "input_audio_buffer.timeout_triggered",
      ["audio_start_ms": .int(start), "audio_end_ms": .int(end), "item_id": .string(item)])
    commit(UserSpeech(item: item, words: [], startMilliseconds: start), milliseconds: end - start)
    if turnDetection?["create_response"]?.bool ?? true { later(.milliseconds(10), .respond) }
  }
}
