import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import VoiceTransport

/// An issuer's key set behind a URL, which rotates and fails as it is told.
final class KeySetServer: Sendable {
  private struct State {
    var keys: [SigningKey]
    var status = HTTPResponse.Status.ok
    var requests = 0
  }

  let port: Int
  private let listener: WebSocketListener
  private let state: NIOLockedValueBox<State>

  static func start(_ keys: SigningKey...) async throws -> KeySetServer {
    let state = NIOLockedValueBox(State(keys: keys))
    let upgrader = WebSocketUpgrader(isWebSocketPath: nothing) { _, _ in .refuse(HTTPReply(status: .notFound)) }
    let listener = try await WebSocketListener.bind(
      host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton, upgrader: upgrader,
      httpResponder: { _, _ in
        state.withLockedValue { state in
          state.requests += 1
          let set = #"{"keys":[\#(state.keys.map(\.jwk).joined(separator: ","))]}"#
          return HTTPReply(status: state.status, headers: [.contentType: "application/json"], body: ByteBuffer(string: set))
        }
      })
    return KeySetServer(listener, state)
  }

  private static func nothing(_ path: Substring) -> Bool { false }

  private init(_ listener: WebSocketListener, _ state: NIOLockedValueBox<State>) {
    self.listener = listener
    self.state = state
    port = listener.port
  }

  var url: String { "http://127.0.0.1:\(port)/jwks.json?tenant=secret-tenant" }
  var requests: Int { state.withLockedValue { $0.requests } }

  func rotate(to keys: SigningKey...) { state.withLockedValue { $0.keys = keys } }
  func fail(with status: HTTPResponse.Status) { state.withLockedValue { $0.status = status } }
  func stop() { listener.close() }
}
