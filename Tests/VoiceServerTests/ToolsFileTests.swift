import Foundation
import Testing
import VoiceCore

@testable import VoiceGateway
@testable import VoiceServer

struct ToolsFileTests {
  private func read(_ text: String, _ environment: [String: String] = [:]) throws -> [HTTPTool] {
    let path = FileManager.default.temporaryDirectory.appending(path: "tools-\(UUID().uuidString).json").path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try ToolsFile.read(path, environment: environment)
  }

  @Test func `a tool is read with its schema, its headers from the environment and its timeout`() throws {
    let tools = try read(
      """
      {"tools":[{"name":"order-status_1","description":"Where an order is.","parameters":{"type":"object"},
      "url":"https://shop.example.com/a?b=c","headers":{"Authorization":"Bearer ${KEY}!"},"timeout_ms":300}]}
      """, ["KEY": "k"])
    let tool = try #require(tools.first)
    #expect(
      tool.definition
        == ToolDefinition(
          name: "order-status_1", description: "Where an order is.", parameters: #"{"type":"object"}"#, timeout: .milliseconds(300)))
    #expect(tool.headers.map { "\($0.0): \($0.1.expose())" } == ["Authorization: Bearer k!"])
    #expect("\(tool.headers)".contains("Bearer") == false)
  }

  @Test(arguments: [
    (#"[]"#, #"VOICE_TOOLS_FILE: expected JSON such as {"tools":[{"name":…,"description":…,"url":…}]}"#),
    (
      #"{"tools":[{"name":"a b","description":"d","url":"http://h"}]}"#,
      "VOICE_TOOLS_FILE: tool 1, name: expected 1 to 64 letters, digits, _ or -"
    ),
    (
      #"{"tools":[{"name":"a","url":"http://h"}]}"#,
      "VOICE_TOOLS_FILE: tool 1, description: expected a text that tells the model when to call it"
    ),
    (
      #"{"tools":[{"name":"a","description":"d","url":"ftp://h"}]}"#,
      "VOICE_TOOLS_FILE: tool 1, url: expected a URL that begins with https:// or http:// and names a host"
    ),
    (
      #"{"tools":[{"name":"a","description":"d","url":"http://h","headers":{"X":"${NONE}"}}]}"#,
      "VOICE_TOOLS_FILE: tool 1, headers: the variable NONE is not set"
    ),
    (
      #"{"tools":[{"name":"a","description":"d","url":"http://h","timeout":3}]}"#,
      "VOICE_TOOLS_FILE: tool 1, timeout: unknown; expected description, headers, name, parameters, timeout_ms, url"
    ),
    (
      #"{"tools":[{"name":"a","description":"d","url":"http://h"},{"name":"a","description":"d","url":"http://h"}]}"#,
      "VOICE_TOOLS_FILE: tool 2, name: there is another one of this name"
    ),
  ])
  func `a wrong file is refused by one line that names the tool, the member and what is expected`(text: String, line: String) {
    let error = #expect(throws: SettingsError.self) { try read(text) }
    #expect(error?.description == line)
  }
}
