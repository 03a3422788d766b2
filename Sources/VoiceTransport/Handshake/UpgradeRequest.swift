public import HTTPTypes
public import NIOCore

/// A request for a WebSocket whose handshake is sound: version, key and tokens are already judged.
public struct UpgradeRequest: Sendable {
  /// `path` holds the query too; `authority` is the `Host` field.
  public var head: HTTPRequest
  /// Address of the peer, a proxy's where one stands before.
  public var remoteAddress: SocketAddress?
  /// True if TLS ends at this listener.
  public var isSecure: Bool
  /// Subprotocols in the client's order, as `Sec-WebSocket-Protocol` lists them.
  public var offeredSubprotocols: [String]

  /// Creates a request to upgrade.
  public init(head: HTTPRequest, remoteAddress: SocketAddress?, isSecure: Bool, offeredSubprotocols: [String]) {
    self.head = head
    self.remoteAddress = remoteAddress
    self.isSecure = isSecure
    self.offeredSubprotocols = offeredSubprotocols
  }
}
