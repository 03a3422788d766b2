/// `session.update`, judged whole as the provider does: one fault, and nothing of it counts.
extension SimulatorStateMachine {
  mutating func updateSession(_ event: JSON) {
    guard let change = event["session"], !change.isNull else { return fail(.missing("session"), about: event) }
    if let violation = violation(in: change) { return fail(violation, about: event) }
    let wasPushToTalk = turnDetection == nil
    session = SessionObject.updated(session, with: change)
    applySettings()
    if wasPushToTalk, turnDetection != nil {
      // Speech that was not reported begins anew; what detection had announced stays for the client's commit.
      speech = nil
      detector.reset()
    }
    send("session.updated", ["session": session])
  }

  private func violation(in change: JSON) -> SchemaViolation? {
    guard change.object != nil else { return .invalidType(change, at: "session", expected: "an object") }
    guard let type = change["type"] else { return .missing("session.type") }
    guard let name = type.string, ["realtime", "transcription"].contains(name) else {
      return .invalidValue(type.string ?? type.text, at: "session.type", supported: ["realtime", "transcription"])
    }
    let own = session["type"]?.string ?? "realtime"
    guard name == own else {
      let message = "Passing a \(name) session update event to a \(own) session is not allowed."
      return SchemaViolation(code: "invalid_parameter", message: message, param: "session.type")
    }
    let schema = Schema.session(type: name, model: session["model"]?.string ?? "")
    return schema.violation(in: change, at: "session") ?? Self.modalityViolation(change, at: "session") ?? conflict(change)
  }

  /// Text or audio, not both: audio brings its transcript.
  static func modalityViolation(_ change: JSON, at path: String) -> SchemaViolation? {
    guard let modalities = change["output_modalities"]?.array, modalities.count != 1 else { return nil }
    let list = modalities.compactMap(\.string).map { "'\($0)'" }.joined(separator: ", ")
    let message = "Invalid modalities: [\(list)]. Supported combinations are: ['text'] and ['audio']."
    return SchemaViolation(code: "invalid_value", message: message, param: "\(path).output_modalities")
  }

  /// Parameters that are sound, but not with what is in force.
  private func conflict(_ change: JSON) -> SchemaViolation? {
    if let voice = change["audio"]?["output"]?["voice"], hasSpoken, voice != session["audio"]?["output"]?["voice"] {
      return SchemaViolation(code: "cannot_update_voice", message: "Cannot update a conversation's voice if assistant audio is present.")
    }
    let input = SessionObject.updated(session, with: change)["audio"]?["input"]
    if let transcription = change["audio"]?["input"]?["transcription"], transcription.object != nil,
      input?["transcription"]?["model"] == nil
    {
      return .missing("session.audio.input.transcription.model")
    }
    // Third parties saw this for transcription sessions only: conversations take the same models with detection.
    let model = input?["transcription"]?["model"]?.string ?? ""
    let streams = model.hasPrefix("gpt-live-transcribe") || model.hasPrefix("gpt-realtime-whisper")
    if opening.isTranscription, streams, input?["turn_detection"]?.object != nil {
      return SchemaViolation(
        code: "invalid_value", message: "Turn detection is not supported for this transcription model.",
        param: "session.audio.input.turn_detection")
    }
    return nil
  }

  /// Hands the settings on to those who act by them.
  mutating func applySettings() {
    let input = session["audio"]?["input"]
    let detection = turnDetection
    detector.threshold = detection?["threshold"]?.number ?? 0.5
    detector.silenceMilliseconds = Self.silence(detection)
    buffer.change(to: AudioFormat(input?["format"]))
    if detection?["idle_timeout_ms"]?.int == nil { forgetIdleTimeout() }
  }

  /// A semantic detector would judge the words; here eagerness is patience.
  private static func silence(_ detection: JSON?) -> Int {
    switch detection?["type"]?.string {
    case "semantic_vad":
      switch detection?["eagerness"]?.string {
      case "low": 1_000
      case "high": 250
      default: 500
      }
    default: detection?["silence_duration_ms"]?.int ?? 200
    }
  }
}
