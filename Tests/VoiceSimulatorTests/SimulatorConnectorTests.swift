import HTTPTypes
import NIOCore
import NIOEmbedded
import Testing
import VoiceCore

@testable import VoiceSimulator

/// The server in memory, as an embedder's tests dial it.
@Suite struct SimulatorConnectorTests {
  /// A client at the near end, with a loop whose time the test moves.
  private final class Client: RealtimeConnectionDelegate {
    let loop = EmbeddedEventLoop()
    var connection: (any RealtimeConnection)?
    var error: RealtimeConnectError?
    var events: [JSON] = []
    var texts: [String] = []
    var readCompletions = 0
    var closure: WebSocketClosure?
    var closings = 0

    init(_ connector: SimulatorConnector, url: String = "ws://simulator/v1/realtime?model=gpt-realtime-2.1", key: String? = "key") {
      var target = RealtimeTarget(url: url)
      if let key { target.headers[.authorization] = "Bearer \(key)" }
      connector.connect(to: target, on: loop) { connection in
        self.connection = connection
        return self
      } failed: {
        self.error = $0
      }
    }

    func received(_ message: RealtimeMessage) {
      texts.append(String(buffer: message.bytes))
      events.append(JSON.parse(message.bytes) ?? .null)
    }
    func readCompleted() { readCompletions += 1 }
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {
      self.closure = closure
      closings += 1
    }

    func send(_ event: JSON) {
      connection?.send(RealtimeMessage(ByteBuffer(string: event.text)))
      connection?.flush()
    }
    func pass(milliseconds: Int64) { loop.advanceTime(by: .milliseconds(milliseconds)) }
    func write(_ text: String) {
      let content: JSON = [["type": "input_text", "text": .string(text)]]
      send(["type": "conversation.item.create", "item": ["type": "message", "role": "user", "content": content]])
    }
    var types: [String] { events.compactMap { $0["type"]?.string } }
  }

  @Test func `a session opens, answers and speaks, with no socket and no thread`() throws {
    let client = Client(SimulatorConnector())
    #expect(client.connection == nil)
    client.pass(milliseconds: 1)
    #expect(client.types == ["session.created"])
    client.write("Hello there")
    client.send(["type": "response.create"])
    client.pass(milliseconds: 60_000)
    #expect(client.types.contains("response.output_audio.delta"))
    #expect(client.events.last { $0["type"] == "response.done" }?["response"]?["status"] == "completed")
    #expect(client.readCompletions > 1)
  }

  @Test func `two connectors with one configuration say the same, byte for byte`() {
    func talk() -> [String] {
      let client = Client(SimulatorConnector())
      client.pass(milliseconds: 1)
      client.write("Tell me a story")
      client.send(["type": "response.create"])
      client.pass(milliseconds: 60_000)
      return client.texts
    }
    let first = talk()
    #expect(first.count > 20 && first == talk())
  }

  @Test func `a wrong key is told after the upgrade, and a URL that is none before it`() {
    var configuration = SimulatorConfiguration()
    configuration.keys = ["right"]
    let refused = Client(SimulatorConnector(configuration: configuration), key: "wrong")
    refused.pass(milliseconds: 1)
    #expect(refused.types == ["error"] && refused.closure?.code == 3_000 && refused.closings == 1)
    let lost = Client(SimulatorConnector(), url: "https://simulator")
    lost.pass(milliseconds: 1)
    #expect(lost.error?.code == .invalidURL && lost.connection == nil)
  }

  @Test func `a drop is heard as code 1006, a close as what was said, each once`() {
    var configuration = SimulatorConfiguration()
    configuration.dropAfter = .seconds(1)
    let dropped = Client(SimulatorConnector(configuration: configuration))
    dropped.pass(milliseconds: 2_000)
    #expect(dropped.closure == .abnormal && dropped.closings == 1)
    let closing = Client(SimulatorConnector())
    closing.pass(milliseconds: 1)
    closing.connection?.close(WebSocketClosure(code: 1_000, reason: "done"))
    closing.connection?.close(WebSocketClosure(code: 1_001))
    closing.pass(milliseconds: 1)
    #expect(closing.closure == WebSocketClosure(code: 1_000, reason: "done") && closing.closings == 1)
  }

  @Test func `a client that stops reading pushes back, and misses nothing once it reads again`() {
    let client = Client(SimulatorConnector())
    client.pass(milliseconds: 1)
    client.connection?.setReading(false)
    client.write("Tell me a story")
    client.send(["type": "response.create"])
    client.pass(milliseconds: 60_000)
    #expect(client.types == ["session.created"])
    client.connection?.setReading(true)
    client.pass(milliseconds: 1)
    #expect(client.types.contains("response.done"))
  }
}
