import HTTPTypes
public import NIOCore
import NIOPosix
public import ServiceLifecycle
import VoiceCore
import VoiceTransport

/// A simulated OpenAI Realtime server on a port of its own: for a demo without a key, and for tests.
public final class SimulatorServer: Service {
  private let listener: WebSocketListener

  /// Binds and serves at once, at `/v1/realtime`. Throws when the address cannot be bound.
  ///
  /// - Parameters:
  ///   - port: `0` takes any free one; see ``port``.
  ///   - wallClock: for `expires_at`.
  ///   - host: address to listen on.
  ///   - configuration: settings.
  ///   - group: event loops that connections run on.
  public static func bind(
    host: String = "127.0.0.1", port: Int = 0, configuration: SimulatorConfiguration = SimulatorConfiguration(), group: any EventLoopGroup,
    wallClock: @escaping @Sendable () -> Int64
  ) async throws -> SimulatorServer {
    let connections = ConnectionCounter()
    var webSocket = WebSocketConfiguration()
    webSocket.pingInterval = configuration.pingInterval.map { TimeAmount($0) }
    let synthesizer = SpeechSynthesizer(voice: configuration.voice == .automatic ? EspeakVoice() : nil, pool: .singleton)
    let upgrader = WebSocketUpgrader(isWebSocketPath: isRealtimePath) { [webSocket] request, _ in
      let opening = SimulatorOpening(request)
      let subprotocol = request.offeredSubprotocols.contains("realtime") ? "realtime" : nil
      return .accept(subprotocol: subprotocol, configuration: webSocket) { connection, eventLoop in
        SimulatorSession(
          connection, on: eventLoop,
          machine: SimulatorStateMachine(
            configuration: configuration, opening: opening, connection: connections.next(), unixSeconds: wallClock(), at: eventLoop.now),
          synthesizer: synthesizer)
      }
    }
    return SimulatorServer(try await WebSocketListener.bind(host: host, port: port, group: group, upgrader: upgrader))
  }

  /// Azure's paths too.
  private static func isRealtimePath(_ path: Substring) -> Bool { path.hasSuffix("/realtime") }

  private init(_ listener: WebSocketListener) { self.listener = listener }

  /// Port that it listens on.
  public var port: Int { listener.port }
  /// Value for `OPENAI_REALTIME_URL`.
  public var url: String { "ws://127.0.0.1:\(port)/v1/realtime" }

  /// Serves until it is cancelled or a graceful shutdown begins.
  public func run() async throws {
    try await withGracefulShutdownHandler {
      try await listener.run()
    } onGracefulShutdown: {
      self.close()
    }
  }

  /// Drops every connection.
  public func close() { listener.close() }
}
