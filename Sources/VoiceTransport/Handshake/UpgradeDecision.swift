public import HTTPTypes
public import NIOCore
public import VoiceCore

/// Answer of a server to an ``UpgradeRequest``.
public enum UpgradeDecision {
  /// Says 101 with these extra headers and, when the client offered it, this subprotocol. `open` is called on the event
  /// loop once 101 is written, and answers with the delegate that gets everything after.
  case accept(
    headers: HTTPFields = [:], subprotocol: String?, configuration: WebSocketConfiguration,
    open: (any RealtimeConnection, any EventLoop) -> any RealtimeConnectionDelegate)
  /// Writes the reply, if asked to only some time later, and closes the connection.
  case refuse(HTTPUpgradeRefusal, after: TimeAmount = .zero)
}

/// The reply to a request that does not become a WebSocket.
public typealias HTTPUpgradeRefusal = HTTPReply
