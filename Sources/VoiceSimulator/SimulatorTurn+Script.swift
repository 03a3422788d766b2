import Foundation

extension SimulatorTurn {
  /// Reads a script in JSON Lines. Throws ``SimulatorScriptError`` with the number of the line that is wrong.
  public static func script(_ text: String) throws -> [SimulatorTurn] {
    try text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
      if line.allSatisfy(\.isWhitespace) { return nil }
      guard let json = try? JSONDecoder().decode(JSON.self, from: Data(line.utf8)), let members = json.object else {
        throw SimulatorScriptError(line: number + 1, problem: "no JSON object")
      }
      if let unknown = members.keys.first(where: { !["user", "assistant", "tool"].contains($0) }) {
        throw SimulatorScriptError(line: number + 1, problem: "unknown member '\(unknown)'")
      }
      var turn = SimulatorTurn(user: json["user"]?.string, assistant: json["assistant"]?.string)
      if let tool = json["tool"] {
        guard let name = tool["name"]?.string else { throw SimulatorScriptError(line: number + 1, problem: "a tool without a name") }
        let arguments = try JSONEncoder().encode(tool["arguments"] ?? [:])
        turn.tool = Tool(name: name, arguments: String(decoding: arguments, as: UTF8.self))
      }
      return turn
    }
  }
}

/// A script that cannot be read.
public struct SimulatorScriptError: Error, CustomStringConvertible {
  public var line: Int
  public var problem: String
  public var description: String { "line \(line) of the script: \(problem)" }
}
