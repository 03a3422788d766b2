public import HTTPTypes
public import NIOCore
import VoiceCore

/// A plain HTTP request, as the server around the gateway received it.
public struct GatewayRequest: Sendable {
  /// Method, path with its query, and header fields.
  public var head: HTTPRequest
  /// IP address of the connection's peer, which may be a proxy; nil: unknown, and so neither local nor trusted.
  public var peer: String?
  /// Collects the body. It throws `NIOTooManyBytesError` for one of more bytes than it is given.
  public var collectBody: @Sendable (_ maxBytes: Int) async throws -> ByteBuffer

  /// A request whose body is read when a route wants it.
  public init(_ head: HTTPRequest, peer: String? = nil, collectBody: @escaping @Sendable (_ maxBytes: Int) async throws -> ByteBuffer) {
    self.head = head
    self.peer = peer
    self.collectBody = collectBody
  }

  /// A request whose body is there.
  public init(_ head: HTTPRequest, body: ByteBuffer = ByteBuffer(), peer: String? = nil) {
    self.init(head, peer: peer) { maxBytes in
      guard body.readableBytes <= maxBytes else { throw NIOTooManyBytesError(maxBytes: maxBytes) }
      return body
    }
  }

  /// The path without its query.
  package var path: String { String((head.path ?? "/").prefix { $0 != "?" }) }

  /// The first value of this name in the query that is not empty.
  package func query(_ name: String) -> String? { QueryItems(path: head.path ?? "/")[name] }
}
