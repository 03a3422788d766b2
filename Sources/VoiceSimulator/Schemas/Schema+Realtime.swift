/// The parameters of GA Realtime sessions and responses.
extension Schema {
  /// The `session` of a `session.update`, or of a client secret.
  static func session(type: String, model: String) -> Schema {
    type == "transcription" ? transcriptionSession : realtimeSession(maxOutputTokens: outputLimit(of: model))
  }

  /// The first generation writes 4,096 tokens at most.
  private static func outputLimit(of model: String) -> Int { model.hasPrefix("gpt-realtime-2") ? 32_768 : 4_096 }

  private static func realtimeSession(maxOutputTokens: Int) -> Schema {
    .object(
      [
        "type": .oneOf(["realtime"]), "model": .string(), "output_modalities": modalities, "instructions": .nullable(.text),
        "tools": .nullable(.list(tool)), "tool_choice": .nullable(toolChoice), "parallel_tool_calls": .nullable(.boolean),
        "reasoning": .nullable(reasoning), "max_output_tokens": .nullable(.either([.integer(1...maxOutputTokens), .oneOf(["inf"])])),
        "audio": .nullable(
          .object([
            "input": .nullable(input),
            "output": .nullable(
              .object(["format": .nullable(format), "voice": .nullable(voice), "speed": .nullable(.decimal(0.25...1.5))])),
          ])),
        "truncation": .nullable(.either([.oneOf(["auto", "disabled"]), retention])),
        "tracing": .nullable(
          .either([.oneOf(["auto"]), .object(["workflow_name": .string(), "group_id": .string(), "metadata": .anything])])),
        "prompt": .nullable(prompt), "include": .nullable(include),
      ], required: ["type"])
  }

  private static var transcriptionSession: Schema {
    .object(
      ["type": .oneOf(["transcription"]), "audio": .nullable(.object(["input": .nullable(input)])), "include": .nullable(include)],
      required: ["type"])
  }

  /// The `response` of a `response.create`.
  static func response(model: String) -> Schema {
    .object([
      "conversation": .nullable(.oneOf(["auto", "none"])), "input": .nullable(.list(.anything)), "instructions": .nullable(.text),
      "tools": .nullable(.list(tool)), "tool_choice": .nullable(toolChoice), "parallel_tool_calls": .nullable(.boolean),
      "output_modalities": .nullable(modalities),
      "audio": .nullable(.object(["output": .nullable(.object(["format": .nullable(format), "voice": .nullable(voice)]))])),
      "max_output_tokens": .nullable(.either([.integer(1...outputLimit(of: model)), .oneOf(["inf"])])),
      "metadata": .nullable(.anything), "prompt": .nullable(prompt), "reasoning": .nullable(reasoning),
    ])
  }

  private static let modalities = Schema.list(.oneOf(["text", "audio"]))
  private static let include = Schema.list(.oneOf(["item.input_audio_transcription.logprobs"]))
  private static let prompt = Schema.object(["id": .string(), "version": .nullable(.string()), "variables": .anything], required: ["id"])
  private static let reasoning = Schema.object(["effort": .nullable(.oneOf(["minimal", "low", "medium", "high", "xhigh"]))])
  private static let retention = Schema.tagged([
    "retention_ratio": .object(
      [
        "type": .string(), "retention_ratio": .decimal(0...1),
        "token_limits": .nullable(.object(["post_instructions": .integer(0...1_000_000)])),
      ],
      required: ["retention_ratio"])
  ])

  private static let format = Schema.tagged([
    "audio/pcm": .object(["type": .string(), "rate": .integer(24_000...24_000)]),
    "audio/pcmu": .object(["type": .string()]), "audio/pcma": .object(["type": .string()]),
  ])

  private static let voice = Schema.either([
    .oneOf(["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]),
    .object(["id": .string()], required: ["id"]),
  ])

  private static let tool = Schema.tagged([
    "function": .object(
      ["type": .string(), "name": .string(maxLength: 64), "description": .nullable(.string()), "parameters": .anything], required: ["name"]),
    "mcp": .anything,
  ])

  private static let toolChoice = Schema.either([
    .oneOf(["none", "auto", "required"]),
    .tagged(["function": .object(["type": .string(), "name": .string()], required: ["name"]), "mcp": .anything]),
  ])

  private static let input = Schema.object([
    "format": .nullable(format),
    "noise_reduction": .nullable(.object(["type": .oneOf(["near_field", "far_field"]), "strength": .anything], required: ["type"])),
    "transcription": .nullable(
      .object([
        "model": .string(), "language": .nullable(.string()), "languages": .nullable(.list(.string())), "prompt": .nullable(.string()),
        "keywords": .nullable(.list(.string())), "delay": .nullable(.oneOf(["minimal", "low", "medium", "high", "xhigh"])),
      ])),
    "turn_detection": .nullable(
      .tagged([
        "server_vad": .object([
          "type": .string(), "threshold": .nullable(.decimal(0...1)), "prefix_padding_ms": .nullable(.integer(0...60_000)),
          "silence_duration_ms": .nullable(.integer(0...60_000)), "idle_timeout_ms": .nullable(.integer(5_000...30_000)),
          "create_response": .nullable(.boolean), "interrupt_response": .nullable(.boolean),
        ]),
        "semantic_vad": .object([
          "type": .string(), "eagerness": .nullable(.oneOf(["low", "medium", "high", "auto"])), "create_response": .nullable(.boolean),
          "interrupt_response": .nullable(.boolean),
        ]),
      ])),
  ])
}
