import Foundation
import HTTPTypes
import VoiceCore
import VoiceGateway

/// The functions that an operator gives the model, each behind a URL: `VOICE_TOOLS_FILE`.
///
/// ```json
/// {"tools":[{"name":"order_status","description":"Where an order is.",
///   "parameters":{"type":"object","properties":{"number":{"type":"string"}},"required":["number"]},
///   "url":"https://shop.example.com/tools/order","headers":{"Authorization":"Bearer ${SHOP_TOKEN}"},"timeout_ms":3000}]}
/// ```
/// `${NAME}` in a header is a variable of the environment. `headers` and `timeout_ms` (10,000) may be missing.
enum ToolsFile {
  private static let members: Set = ["name", "description", "parameters", "url", "headers", "timeout_ms"]

  /// - Throws: ``SettingsError`` with a line for each problem; values are not quoted.
  static func read(_ path: String, environment: [String: String]) throws -> [HTTPTool] {
    guard let text = FileText.read(path), let root = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
      let list = root["tools"] as? [[String: Any]]
    else { throw SettingsError([#"VOICE_TOOLS_FILE: expected JSON such as {"tools":[{"name":…,"description":…,"url":…}]}"#]) }
    var problems: [String] = []
    var tools: [HTTPTool] = []
    for (index, entry) in list.enumerated() {
      do throws(Problem) {
        let tool = try tool(entry, environment: environment)
        if tools.contains(where: { $0.definition.name == tool.definition.name }) {
          throw Problem("name: there is another one of this name")
        }
        tools.append(tool)
      } catch {
        problems.append("VOICE_TOOLS_FILE: tool \(index + 1), \(error.text)")
      }
    }
    guard problems.isEmpty else { throw SettingsError(problems) }
    return tools
  }

  private struct Problem: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  private static func tool(_ entry: [String: Any], environment: [String: String]) throws(Problem) -> HTTPTool {
    if let unknown = entry.keys.sorted().first(where: { !members.contains($0) }) {
      throw Problem("\(unknown): unknown; expected \(members.sorted().joined(separator: ", "))")
    }
    guard let name = entry["name"] as? String, (1...64).contains(name.utf8.count),
      name.utf8.allSatisfy({ byte in isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") })
    else { throw Problem("name: expected 1 to 64 letters, digits, _ or -") }
    guard let description = entry["description"] as? String, !description.isEmpty else {
      throw Problem("description: expected a text that tells the model when to call it")
    }
    guard let url = entry["url"] as? String, ServiceURL.isValid(url, schemes: ["https", "http"]), let parts = URLComponents(string: url)
    else { throw Problem("url: expected a URL that begins with https:// or http:// and names a host") }
    let milliseconds = entry["timeout_ms"] ?? 10_000
    guard let milliseconds = milliseconds as? Int, (1...120_000).contains(milliseconds) else {
      throw Problem("timeout_ms: expected a whole number from 1 to 120000")
    }
    let definition = ToolDefinition(
      name: name, description: description, parameters: try parameters(entry["parameters"]), timeout: .milliseconds(milliseconds))
    return HTTPTool(definition: definition, url: parts, headers: try headers(entry["headers"], environment: environment))
  }

  private static func parameters(_ value: Any?) throws(Problem) -> String {
    guard let value else { return #"{"type":"object","properties":{}}"# }
    guard let schema = value as? [String: Any], let data = try? JSONSerialization.data(withJSONObject: schema, options: .sortedKeys) else {
      throw Problem("parameters: expected a JSON Schema, an object")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func headers(_ value: Any?, environment: [String: String]) throws(Problem) -> [(HTTPField.Name, Secret)] {
    guard let value else { return [] }
    guard let fields = value as? [String: String] else { throw Problem("headers: expected an object of texts") }
    var headers: [(HTTPField.Name, Secret)] = []
    for (name, text) in fields.sorted(by: { $0.key < $1.key }) {
      guard let field = HTTPField.Name(name) else { throw Problem("headers: a name that is none of a header field") }
      let whole = try expanded(text, environment: environment)
      guard HTTPField.isValidValue(whole) else { throw Problem("headers, \(name): expected a value without line breaks") }
      headers.append((field, Secret(whole)))
    }
    return headers
  }

  /// Puts variables of the environment in for `${NAME}`.
  private static func expanded(_ text: String, environment: [String: String]) throws(Problem) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else { throw Problem("headers: a ${ without its }") }
      let name = String(rest[start.upperBound..<end])
      guard let value = environment[name], !value.isEmpty else { throw Problem("headers: the variable \(name) is not set") }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }
}
