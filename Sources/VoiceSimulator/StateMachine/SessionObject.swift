/// The `session` object: what it is at first, and what an update makes of it.
enum SessionObject {
  static func initial(_ opening: SimulatorOpening, id: String, expiresAt: Int64) -> JSON {
    let isTranscription = opening.isTranscription
    var detection: JSONObject = ["type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200]
    if !isTranscription {
      detection = detection.adding(["idle_timeout_ms": .null, "create_response": true, "interrupt_response": true])
    }
    let input: JSON = [
      "format": ["type": "audio/pcm", "rate": 24_000], "transcription": .null, "noise_reduction": .null,
      "turn_detection": .object(detection),
    ]
    if isTranscription {
      return [
        "type": "transcription", "object": "realtime.transcription_session", "id": .string(id), "expires_at": .int(Int(expiresAt)),
        "audio": ["input": input], "include": .null,
      ]
    }
    return [
      "type": "realtime", "object": "realtime.session", "id": .string(id), "model": .optional(opening.model),
      "output_modalities": ["audio"], "instructions": "You are a helpful assistant.", "tools": [], "tool_choice": "auto",
      "max_output_tokens": "inf", "tracing": .null, "truncation": "auto", "prompt": .null, "expires_at": .int(Int(expiresAt)),
      "audio": [
        "input": input, "output": ["format": ["type": "audio/pcm", "rate": 24_000], "voice": "marin", "speed": 1.0],
      ],
      "include": .null,
    ]
  }

  /// Members that are replaced as a whole; all others are merged member by member.
  private static let whole: Set<String> = [
    "tools", "tool_choice", "tracing", "truncation", "prompt", "reasoning", "audio.input.format", "audio.input.noise_reduction",
    "audio.output.format", "audio.output.voice",
  ]

  /// Members that cannot be absent: `null` brings back what they were at first.
  private static let defaults: [(path: [String], value: JSON)] = [
    (["instructions"], "You are a helpful assistant."), (["tools"], []), (["tool_choice"], "auto"), (["max_output_tokens"], "inf"),
    (["truncation"], "auto"), (["audio", "input", "format"], ["type": "audio/pcm", "rate": 24_000]),
    (["audio", "output", "format"], ["type": "audio/pcm", "rate": 24_000]), (["audio", "output", "voice"], "marin"),
    (["audio", "output", "speed"], 1.0),
  ]

  /// Present members change and `null` clears; a new kind of detection, or of transcription, starts from its own defaults.
  static func updated(_ session: JSON, with change: JSON) -> JSON {
    var change = change
    // The model is the connection's: clients that name one are not refused, and not obeyed.
    change["model"] = nil
    for (path, value) in defaults where at(path, of: change)?.isNull ?? false { set(path, of: &change, to: value) }
    for part in ["input", "output"] where change["audio"]?[part]?.isNull ?? false { change["audio"]?[part] = nil }
    if change["audio"]?.isNull ?? false { change["audio"] = nil }
    if let format = change["audio"]?["input"]?["format"] { change["audio"]?["input"]?["format"] = completed(format) }
    if let format = change["audio"]?["output"]?["format"] { change["audio"]?["output"]?["format"] = completed(format) }
    let isTranscription = session["type"]?.string == "transcription"
    var base = session
    let input = change["audio"]?["input"]
    if let wanted = input?["turn_detection"], wanted.object != nil {
      let present = base["audio"]?["input"]?["turn_detection"]
      if present?["type"] != wanted["type"] {
        base["audio"]?["input"]?["turn_detection"] = detection(wanted["type"]?.string, isTranscription: isTranscription)
      }
      if isTranscription {
        change["audio"]?["input"]?["turn_detection"]?["create_response"] = nil
        change["audio"]?["input"]?["turn_detection"]?["interrupt_response"] = nil
      }
    }
    if let wanted = input?["transcription"], wanted.object != nil, let model = wanted["model"],
      base["audio"]?["input"]?["transcription"]?["model"] != model
    {
      base["audio"]?["input"]?["transcription"] = ["model": model, "language": .null, "prompt": .null]
    }
    return base.merged(with: change, whole: whole)
  }

  /// The rate is echoed where it was left out.
  static func completed(_ format: JSON) -> JSON {
    guard format["type"]?.string == "audio/pcm", format["rate"] == nil else { return format }
    return ["type": "audio/pcm", "rate": 24_000]
  }

  private static func detection(_ type: String?, isTranscription: Bool) -> JSON {
    let automatic: JSONObject = isTranscription ? [:] : ["create_response": true, "interrupt_response": true]
    if type == "semantic_vad" { return .object((["type": "semantic_vad", "eagerness": "auto"] as JSONObject).adding(automatic)) }
    var detection: JSONObject = ["type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200]
    if !isTranscription { detection["idle_timeout_ms"] = .null }
    return .object(detection.adding(automatic))
  }

  private static func at(_ path: [String], of value: JSON) -> JSON? {
    path.reduce(Optional(value)) { $0?[$1] }
  }

  private static func set(_ path: [String], of value: inout JSON, to new: JSON) {
    guard let first = path.first else {
      value = new
      return
    }
    var inner = value[first] ?? [:]
    set(Array(path.dropFirst()), of: &inner, to: new)
    value[first] = inner
  }
}
