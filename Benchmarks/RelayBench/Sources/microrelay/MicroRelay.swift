import NIOCore
import NIOPosix
import VoiceCore
import VoiceTransport

/// `microrelay PORT UPSTREAM_PORT`: VoiceTransport on both legs, and nothing between them: what the WebSocket layer costs by itself.
@main
enum MicroRelay {
  static func main() async throws {
    let ports = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    guard ports.count == 2 else { fatalError("usage: microrelay PORT UPSTREAM_PORT") }
    let connector = NIORealtimeConnector()
    let upgrader = WebSocketUpgrader(isWebSocketPath: isWebSocketPath) { _, _ in
      .accept(headers: [:], subprotocol: nil, configuration: WebSocketConfiguration()) { client, eventLoop in
        let near = RelayLeg(own: client)
        client.setReading(false)
        connector.connect(
          to: RealtimeTarget(url: "ws://127.0.0.1:\(ports[1])/v1/realtime"), on: eventLoop,
          opened: { upstream in
            near.other = upstream
            client.setReading(true)
            let far = RelayLeg(own: upstream)
            far.other = client
            return far
          },
          failed: { _ in client.close(WebSocketClosure(code: 1013)) })
        return near
      }
    }
    let listener = try await WebSocketListener.bind(
      host: "127.0.0.1", port: ports[0], group: MultiThreadedEventLoopGroup(numberOfThreads: 1), upgrader: upgrader)
    try await listener.run()
  }

  private static func isWebSocketPath(_: Substring) -> Bool { true }
}
