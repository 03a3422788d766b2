import Foundation
import HTTPTypes
import NIOCore
public import VoiceCore

/// Tools that are endpoints: each gets `{"name","arguments","call_id","session_id","user_id"}` by POST, and what it answers with a
/// status of 2xx is the model's to read.
public struct HTTPToolProvider: ToolProvider {
  private static let maxAnswerBytes = 262_144
  private let byName: [String: HTTPTool]
  private let client: any HTTPClient
  public let tools: [ToolDefinition]

  /// Creates an HTTP tool provider.
  public init(_ tools: [HTTPTool], client: any HTTPClient) {
    self.tools = tools.map(\.definition)
    self.client = client
    byName = Dictionary(tools.map { ($0.definition.name, $0) }) { first, _ in first }
  }

  public func output(of call: ToolCall) async throws -> String {
    guard let tool = byName[call.name], let scheme = tool.url.scheme, let host = tool.url.percentEncodedHost else {
      return #"{"error":"there is no such tool"}"#
    }
    let path = tool.url.percentEncodedPath + (tool.url.percentEncodedQuery.map { "?\($0)" } ?? "")
    var request = HTTPRequest(
      method: .post, scheme: scheme, authority: host + (tool.url.port.map { ":\($0)" } ?? ""), path: path.isEmpty ? "/" : path)
    request.headerFields[.contentType] = "application/json"
    request.headerFields[.accept] = "application/json, text/plain"
    for (name, value) in tool.headers { request.headerFields[name] = value.expose() }
    let answer = try await client.execute(
      request, body: ByteBuffer(bytes: try body(of: call)),
      options: HTTPClientOptions(timeout: tool.definition.timeout, maxResponseBytes: Self.maxAnswerBytes))
    guard (200..<300).contains(answer.head.status.code) else { return #"{"error":"the tool answered HTTP \#(answer.head.status.code)"}"# }
    return String(buffer: answer.body)
  }

  private func body(of call: ToolCall) throws -> Data {
    // What the model wrote is mostly JSON; what is not is handed on as the text that it is.
    let arguments = try? JSONSerialization.jsonObject(with: Data(call.arguments.utf8), options: .fragmentsAllowed)
    var body: [String: Any] = [
      "name": call.name, "arguments": arguments ?? call.arguments, "call_id": call.id, "session_id": "\(call.session)",
    ]
    if let user = call.userID { body["user_id"] = user }
    return try JSONSerialization.data(withJSONObject: body, options: .sortedKeys)
  }
}
