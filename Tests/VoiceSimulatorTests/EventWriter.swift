import NIOCore
import VoiceTesting

@testable import VoiceSimulator

/// Writes client events by chance: mostly sound ones with ids that exist, and now and then something is wrong with them.
struct EventWriter {
  private var random: SeededGenerator
  private var ids: [String] = ["item_missing", "root", ""]

  /// Five lengths, the longest a second, at three levels.
  private static let sounds: [String] = [2, 480, 2_401, 4_800, 48_000].flatMap { count in
    [0, 0x20, 0x60].map { (level: UInt8) in
      let bytes = (0..<count).map { $0 % 100 < 50 ? level : 255 - level }
      return String(buffer: Base64.encode(bytes[...]))
    }
  }

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Keeps the ids, to be used later.
  mutating func saw(_ events: [JSON]) {
    for event in events {
      for id in [event["item_id"], event["item"]?["id"], event["item"]?["call_id"], event["response"]?["id"]] {
        if let id = id?.string, !ids.contains(id) { ids.append(id) }
      }
    }
    if ids.count > 60 { ids.removeSubrange(3..<(ids.count - 40)) }
  }

  mutating func pause() -> Double { [0, 0, 5, 40, 100, 700, 4_000][number(7)] }

  mutating func next() -> (text: String, isText: Bool) {
    var event = event()
    if chance(8), let broken = broken(event) { event = broken }
    if chance(3) { event["event_id"] = chance(2) ? .string("evt_\(number(9))") : anything(0) }
    var text = event.text
    if chance(40) { text = String(text.dropLast(1 + number(5))) }
    return (text, !chance(60))
  }

  mutating func script() -> [SimulatorTurn] {
    (0..<3).map { index in
      var turn = SimulatorTurn(user: chance(2) ? "line \(index)" : nil, assistant: chance(2) ? "" : "Word after word, line \(index).")
      if chance(3) { turn.incomplete = .contentFilter }
      if chance(4) { turn.error = .init(type: "server_error", code: "server_error", message: "") }
      if chance(3) { turn.transcriptionError = .init(type: "transcription_error", code: "x", message: "") }
      if chance(3) { turn.tool = .init(name: "find", arguments: "{}") }
      return turn
    }
  }

  // MARK: Events

  private mutating func event() -> JSON {
    switch number(14) {
    case 0: return ["type": "session.update", "session": session()]
    case 1: return ["type": "input_audio_buffer.commit"]
    case 2: return ["type": "input_audio_buffer.clear"]
    case 3: return ["type": "conversation.item.create", "item": item(), "previous_item_id": chance(2) ? .null : .string(id())]
    case 4: return ["type": "conversation.item.retrieve", "item_id": .string(id())]
    case 5: return ["type": "conversation.item.delete", "item_id": .string(id())]
    case 6:
      return [
        "type": "conversation.item.truncate", "item_id": .string(id()), "content_index": 0,
        "audio_end_ms": .int([0, 1, 500, 90_000][number(4)]),
      ]
    case 7: return ["type": "response.cancel"]
    case 8: return ["type": "response.cancel", "response_id": .string(id())]
    case 9, 10: return ["type": "response.create", "response": response()]
    default: return ["type": "input_audio_buffer.append", "audio": .string(audio())]
    }
  }

  private mutating func audio() -> String {
    let (length, level) = (number(5), number(3))
    return Self.sounds[length * 3 + level]
  }

  private mutating func session() -> JSON {
    let detections: [JSON] = [
      .null, ["type": "server_vad"], ["type": "semantic_vad", "eagerness": "low"],
      ["type": "server_vad", "silence_duration_ms": 0, "prefix_padding_ms": 0, "threshold": 0, "idle_timeout_ms": 5_000],
      ["type": "server_vad", "idle_timeout_ms": 5_000, "create_response": false, "interrupt_response": false],
    ]
    let formats: [JSON] = [["type": "audio/pcm", "rate": 24_000], ["type": "audio/pcmu"], ["type": "audio/pcma"]]
    var input: JSON = ["turn_detection": detections[number(5)]]
    if chance(2) { input["format"] = formats[number(3)] }
    if chance(2) {
      input["transcription"] = chance(3) ? .null : ["model": .string(["gpt-realtime-whisper", "gpt-4o-transcribe"][number(2)])]
    }
    var session: JSON = ["type": chance(6) ? "transcription" : "realtime", "audio": ["input": input]]
    if chance(4) { session["audio"]?["output"] = ["format": formats[number(3)], "voice": "cedar", "speed": 1.5] }
    if chance(3) { session["tools"] = [tool()] }
    if chance(4) { session["max_output_tokens"] = chance(2) ? "inf" : .int(1 + number(40)) }
    if chance(4) { session["include"] = ["item.input_audio_transcription.logprobs"] }
    return session
  }

  private mutating func tool() -> JSON {
    let parameters: JSON = [
      "type": "object",
      "properties": ["n": ["type": "integer", "minimum": 1e300, "maximum": -1e300], "x": anything(0), "id": ["type": "string"]],
    ]
    return ["type": "function", "name": "find", "description": "Find a line", "parameters": chance(3) ? anything(0) : parameters]
  }

  private mutating func item() -> JSON {
    let texts = [
      "line 1", "", "find 1e999 nan inf 7 lines \u{1F600} \u{0}", "one word: a, b or c.", "[1] A title (source)\nText of it. Source: x.",
    ]
    let text: JSON = .string(texts[number(5)])
    switch number(6) {
    case 0: return ["type": "function_call_output", "call_id": .string(id()), "output": text]
    case 1: return ["type": "function_call", "call_id": .string("call_\(number(9))"), "name": "find", "arguments": "{}"]
    case 2: return ["type": "message", "role": "system", "content": [["type": "input_text", "text": text]]]
    case 3: return ["type": "message", "role": "assistant", "content": [["type": "output_text", "text": text]]]
    case 4: return ["type": "message", "role": "user", "content": [["type": "input_audio", "audio": .string(audio())]]]
    default:
      return ["id": .string("id_\(number(30))"), "type": "message", "role": "user", "content": [["type": "input_text", "text": text]]]
    }
  }

  private mutating func response() -> JSON {
    var response: JSON = [:]
    if chance(3) { response["conversation"] = "none" }
    if chance(3) { response["input"] = [item(), ["type": "item_reference", "id": .string(id())]] }
    if chance(2) { response["output_modalities"] = chance(2) ? ["text"] : ["audio"] }
    if chance(4) { response["tools"] = [tool()] }
    if chance(3) { response["tool_choice"] = chance(2) ? "required" : ["type": "function", "name": "find"] }
    if chance(4) { response["max_output_tokens"] = .int(1 + number(30)) }
    if chance(3) { response["instructions"] = "Answer with one word: yes, no." }
    return response
  }

  /// The same with one member gone, or something else in its place.
  private mutating func broken(_ value: JSON) -> JSON? {
    guard let object = value.object, !object.isEmpty else { return anything(0) }
    let name = object.names[number(object.count)]
    var result = value
    if chance(2), let inner = object[name], inner.object != nil {
      result[name] = broken(inner)
    } else {
      result[name] = chance(3) ? nil : anything(0)
    }
    return result
  }

  private mutating func anything(_ depth: Int) -> JSON {
    switch number(depth > 3 ? 6 : 8) {
    case 0: .null
    case 1: .bool(chance(2))
    case 2: .int([0, -1, Int.max, Int.min, 24_000][number(5)])
    case 3: .double([0.5, -1e308, 1e308, 1e-300][number(4)])
    case 4: .string(["", "x", "\u{1F600}", String(repeating: "long ", count: 300)][number(4)])
    case 5: .string(id())
    case 6: .array([anything(depth + 1), anything(depth + 1)])
    default: ["type": anything(depth + 1), "enum": anything(depth + 1), "\(number(5))": anything(depth + 1)]
    }
  }

  private mutating func id() -> String { ids[number(ids.count)] }
  private mutating func number(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
  private mutating func chance(_ inverse: Int) -> Bool { number(inverse) == 0 }
}
