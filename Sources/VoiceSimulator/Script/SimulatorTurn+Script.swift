extension SimulatorTurn {
  private static let members: Set<String> = [
    "user", "assistant", "tool", "transcription_error", "error", "incomplete", "first_audio_ms",
  ]

  /// Reads a script in JSON Lines, one turn a line:
  ///
  ///     {"user": "Where is order A-1042?", "tool": {"name": "lookup_order", "arguments": {"order_id": "A-1042"}}, "assistant": "On its way."}
  ///     {"user": "Tell me a story.", "assistant": "Once upon a time, …", "first_audio_ms": 900, "incomplete": "content_filter"}
  ///     {"error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "…"}}
  ///     {"user": "…", "transcription_error": {"code": "audio_unintelligible", "message": "…"}}
  ///
  /// Throws ``SimulatorScriptError`` with the number of the line that is wrong.
  public static func script(_ text: String) throws -> [SimulatorTurn] {
    var turns: [SimulatorTurn] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let json = JSON.parse(String(line)) else { throw SimulatorScriptError(line: index + 1, problem: "no JSON") }
      do { turns.append(try turn(json)) } catch let problem as Problem {
        throw SimulatorScriptError(line: index + 1, problem: problem.text)
      }
    }
    return turns
  }

  private struct Problem: Error { var text: String }

  private static func turn(_ json: JSON) throws -> SimulatorTurn {
    guard let object = json.object else { throw Problem(text: "no JSON object") }
    if let unknown = object.names.first(where: { !members.contains($0) }) { throw Problem(text: "unknown member '\(unknown)'") }
    var turn = SimulatorTurn(user: try string(json, "user"), assistant: try string(json, "assistant"))
    if let tool = json["tool"] {
      guard let name = tool["name"]?.string else { throw Problem(text: "a tool without a name") }
      let arguments = tool["arguments"] ?? [:]
      guard arguments.object != nil else { throw Problem(text: "'tool.arguments' is no object") }
      turn.tool = Tool(name: name, arguments: arguments.text)
    }
    turn.transcriptionError = try fault(json, "transcription_error", type: "transcription_error")
    turn.error = try fault(json, "error", type: "server_error")
    if let reason = try string(json, "incomplete") {
      guard let incomplete = Incomplete(rawValue: reason) else {
        throw Problem(text: "'incomplete' is 'content_filter' or 'max_output_tokens'")
      }
      turn.incomplete = incomplete
    }
    if let delay = json["first_audio_ms"] {
      guard let milliseconds = delay.int, (0...600_000).contains(milliseconds) else {
        throw Problem(text: "'first_audio_ms' is a number from 0 to 600000")
      }
      turn.firstAudioDelay = .milliseconds(milliseconds)
    }
    return turn
  }

  private static func string(_ json: JSON, _ name: String) throws -> String? {
    guard let value = json[name] else { return nil }
    guard let text = value.string else { throw Problem(text: "'\(name)' is no string") }
    return text
  }

  private static func fault(_ json: JSON, _ name: String, type: String) throws -> Fault? {
    guard let fault = json[name] else { return nil }
    guard let code = fault["code"]?.string else { throw Problem(text: "'\(name)' without a code") }
    return Fault(type: fault["type"]?.string ?? type, code: code, message: fault["message"]?.string ?? "Simulated: \(code).")
  }
}
