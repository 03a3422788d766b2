/// `session.update`, judged whole as the provider does: one fault, and nothing of it counts.
extension SimulatorStateMachine {
  static func defaultSession(model: String?, isTranscription: Bool, id: String, expiresAt: Int64) -> JSON {
    let detection: JSON = [
      "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200, "idle_timeout_ms": nil,
      "create_response": true, "interrupt_response": true,
    ]
    let input: JSON = [
      "format": ["type": "audio/pcm", "rate": 24_000], "transcription": nil, "noise_reduction": nil, "turn_detection": detection,
    ]
    let common: JSON = ["id": .string(id), "expires_at": .number(Double(expiresAt)), "include": nil]
    if isTranscription {
      return common.merged(with: [
        "type": "transcription", "object": "realtime.transcription_session", "audio": ["input": input],
      ])
    }
    return common.merged(with: [
      "type": "realtime", "object": "realtime.session", "model": .string(model ?? ""), "output_modalities": ["audio"],
      "instructions": "You are a helpful assistant.", "tools": [], "tool_choice": "auto", "max_output_tokens": "inf", "tracing": nil,
      "truncation": "auto", "prompt": nil,
      "audio": [
        "input": input, "output": ["format": ["type": "audio/pcm", "rate": 24_000], "voice": "marin", "speed": 1],
      ],
    ])
  }

  private struct Fault {
    var code: String
    var message: String
    var param: String
  }

  mutating func updateSession(_ event: JSON) {
    guard let change = event["session"], change.object != nil else {
      return fail("missing_required_parameter", "Missing required parameter: 'session'.", param: "session", about: event)
    }
    if let fault = fault(in: change) { return fail(fault.code, fault.message, param: fault.param, about: event) }
    session = merged(change)
    applyDetection()
    send(["type": "session.updated", "session": session])
  }

  private static let realtimeMembers: Set<String> = [
    "type", "model", "output_modalities", "instructions", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "max_output_tokens",
    "audio", "truncation", "tracing", "prompt", "include",
  ]

  private func fault(in change: JSON) -> Fault? {
    guard let type = change["type"]?.string else {
      return Fault(code: "missing_required_parameter", message: "Missing required parameter: 'session.type'.", param: "session.type")
    }
    guard type == session["type"]?.string else {
      let message = "Passing a \(type) session update event to a \(session["type"]?.string ?? "") session is not allowed."
      return Fault(code: "invalid_parameter", message: message, param: "session.type")
    }
    for name in change.object?.keys.sorted() ?? [] where !Self.realtimeMembers.contains(name) {
      return Fault(code: "unknown_parameter", message: "Unknown parameter: 'session.\(name)'.", param: "session.\(name)")
    }
    for path in ["input", "output"] {
      let format = change["audio"]?[path]?["format"]
      if let rate = format?["rate"]?.int, rate < 24_000, format?["type"]?.string == "audio/pcm" {
        let name = "session.audio.\(path).format.rate"
        return Fault(
          code: "integer_below_min_value",
          message: "Invalid '\(name)': integer below minimum value. Expected a value >= 24000, but got \(rate) instead.",
          param: name)
      }
    }
    if let detection = change["audio"]?["input"]?["turn_detection"]?["type"]?.string, !["server_vad", "semantic_vad"].contains(detection) {
      let name = "session.audio.input.turn_detection.type"
      return Fault(
        code: "invalid_value", message: "Invalid value: '\(detection)'. Supported values are: 'server_vad' and 'semantic_vad'.", param: name
      )
    }
    return nil
  }

  /// Present members change and `null` clears; a new kind of detection, or of transcription, starts from its own defaults.
  private func merged(_ change: JSON) -> JSON {
    var change = change
    change["model"] = nil
    var base = session
    let input = change["audio"]?["input"]
    if let detection = input?["turn_detection"], detection.object != nil {
      let present = base["audio"]?["input"]?["turn_detection"]
      if present?["type"] != detection["type"] || present?.object == nil {
        var defaults: JSON = ["create_response": true, "interrupt_response": true]
        if detection["type"]?.string == "semantic_vad" {
          defaults["eagerness"] = "auto"
        } else {
          defaults = defaults.merged(with: [
            "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200, "idle_timeout_ms": nil,
          ])
        }
        base["audio"]?["input"]?["turn_detection"] = defaults
      }
    }
    if let transcription = input?["transcription"], transcription.object != nil {
      if base["audio"]?["input"]?["transcription"]?["model"] != transcription["model"] {
        base["audio"]?["input"]?["transcription"] = ["language": nil, "prompt": nil]
      }
    }
    return base.merged(with: change)
  }

  private mutating func applyDetection() {
    let detection = session["audio"]?["input"]?["turn_detection"]
    detector.threshold = detection?["threshold"]?.number ?? 0.5
    detector.prefixMilliseconds = detection?["prefix_padding_ms"]?.int ?? 300
    switch detection?["eagerness"]?.string {
    case "low": detector.silenceMilliseconds = 800
    case "high": detector.silenceMilliseconds = 150
    case .some: detector.silenceMilliseconds = 400
    case nil: detector.silenceMilliseconds = detection?["silence_duration_ms"]?.int ?? 200
    }
    if detection?.object == nil {
      detector.reset()
      speaking = nil
    }
    armIdleTimeout()
  }

  var turnDetection: JSON? {
    guard let detection = session["audio"]?["input"]?["turn_detection"], detection.object != nil else { return nil }
    return detection
  }

  var transcriptionModel: String? { session["audio"]?["input"]?["transcription"]?["model"]?.string }

  /// Whether words arrive while the user speaks.
  var transcribesWhileSpeaking: Bool {
    guard let model = transcriptionModel else { return false }
    switch configuration.transcriptModel {
    case .streaming: return true
    case .afterCommit: return false
    case nil: return model.hasPrefix("gpt-realtime-whisper") || model.hasPrefix("gpt-live-transcribe")
    }
  }
}
