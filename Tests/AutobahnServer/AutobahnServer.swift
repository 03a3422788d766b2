import NIOCore
import NIOPosix
import VoiceTransport

/// Echoes every message, for the fuzzing client of the Autobahn|Testsuite: `AutobahnServer [port]`.
@main
struct AutobahnServer {
  static func main() async throws {
    let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 9102
    // Cases 9.* send messages of 16 MiB and in many thousand fragments.
    var configuration = WebSocketConfiguration()
    configuration.maxMessageBytes = 64 << 20
    configuration.maxFragments = 1 << 20
    let accepted = configuration
    let upgrader = WebSocketUpgrader(
      isWebSocketPath: { _ in true },
      decide: { _, _ in .accept(subprotocol: nil, configuration: accepted) { connection, _ in Echo(connection) } })
    let listener = try await WebSocketListener.bind(
      host: "127.0.0.1", port: port, group: MultiThreadedEventLoopGroup.singleton, upgrader: upgrader)
    print("listening on 127.0.0.1:\(listener.port)")
    try await listener.run()
  }
}
