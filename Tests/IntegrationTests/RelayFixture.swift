import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import VoiceCore
import VoiceTesting
import VoiceTransport

/// A relay over real sockets: an upstream that the test scripts, and a listener in front of it.
struct RelayFixture {
  let relay: WebSocketListener
  let upstream: WebSocketListener

  /// `upstream` makes the delegate that plays the server on each connection.
  static func start(
    group: any EventLoopGroup, hasVoiceEvents: Bool = false, observer: RecordingObserver = RecordingObserver(),
    upstream play: @escaping @Sendable (any RealtimeConnection) -> any RealtimeConnectionDelegate
  ) async throws -> RelayFixture {
    let upstreamUpgrader = WebSocketUpgrader(isWebSocketPath: anyPath) { _, _ in
      .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, _ in play(connection) }
    }
    let upstream = try await WebSocketListener.bind(host: "127.0.0.1", port: 0, group: group, upgrader: upstreamUpgrader)
    let target = RealtimeTarget(url: "ws://127.0.0.1:\(upstream.port)/v1/realtime?model=m")
    let connector = NIORealtimeConnector()
    let upgrader = WebSocketUpgrader(isWebSocketPath: anyPath) { _, _ in
      .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, eventLoop in
        var random = SystemRandomNumberGenerator()
        let session = RealtimeRelay(
          context: SessionContext(id: SessionID(using: &random), model: "m", hasVoiceEvents: hasVoiceEvents), client: connection,
          on: eventLoop, configuration: RealtimeRelayConfiguration(hasVoiceEvents: hasVoiceEvents), observer: observer,
          wallClock: { UnixTime(seconds: 1_000) }, logger: Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() })
        session.handle.admit(SessionGrant(userID: "u", plan: nil), connector: connector, target: target)
        return session.clientDelegate
      }
    }
    let relay = try await WebSocketListener.bind(host: "127.0.0.1", port: 0, group: group, upgrader: upgrader)
    return RelayFixture(relay: relay, upstream: upstream)
  }

  private static func anyPath(_ path: Substring) -> Bool { true }

  func stop() {
    relay.close()
    upstream.close()
  }
}

/// Says `session.created`, then sends every message back as it came.
final class EchoingUpstream: RealtimeConnectionDelegate {
  private let connection: any RealtimeConnection

  init(_ connection: any RealtimeConnection) {
    self.connection = connection
    connection.send(RealtimeMessage(ByteBuffer(string: #"{"type":"session.created"}"#)))
    connection.flush()
  }
  func received(_ message: RealtimeMessage) { connection.send(message) }
  func readCompleted() { connection.flush() }
  func writabilityChanged(_ isWritable: Bool) { connection.setReading(isWritable) }
  func closed(_ closure: WebSocketClosure) {}
}

/// A client whose messages the test reads one by one.
final class CollectingClient: RealtimeConnectionDelegate {
  private let continuation: AsyncStream<ByteBuffer>.Continuation
  init(_ continuation: AsyncStream<ByteBuffer>.Continuation) { self.continuation = continuation }

  func received(_ message: RealtimeMessage) { continuation.yield(message.bytes) }
  func readCompleted() {}
  func writabilityChanged(_ isWritable: Bool) {}
  func closed(_ closure: WebSocketClosure) { continuation.finish() }
}
