import Foundation
import Testing

/// A function behind a URL, called by the model in the middle of a session of the server as it is built.
@Suite(.timeLimit(.minutes(2))) struct ToolCallTests {
  @Test func `the model calls the operator's tool, and the client hears what it found and nothing of the call`() async throws {
    let tool = try await PassageServer.start()
    tool.open()
    defer { tool.stop() }
    let file = FileManager.default.temporaryDirectory.appending(path: "tools-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let text = #"{"tools":[{"name":"find_refunds","description":"Finds what documents say of refunds.","url":"\#(tool.url)"}]}"#
    try text.write(to: file, atomically: true, encoding: .utf8)
    try await ServerProcess.with(["VOICE_TOOLS_FILE": file.path()]) { (server: ServerProcess) async throws in
      let said = try await server.withSession("/v1/realtime", token: try ServerProcess.token()) { talk in
        try await talk.send(event: #"{"type":"session.update","session":{"type":"realtime","output_modalities":["text"]}}"#)
        try await talk.send(
          event:
            #"{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"Find refunds, please."}]}}"#
        )
        try await talk.send(event: #"{"type":"response.create"}"#)
        return try await talk.read(through: "within 14 days")
      }
      #expect(said.contains("response.output_text"))
      #expect(!said.contains("function_call") && !said.contains("find_refunds") && !said.contains("gw_item"))
    }
  }
}
