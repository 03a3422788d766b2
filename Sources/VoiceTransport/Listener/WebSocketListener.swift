import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix
public import NIOSSL

/// A bound server socket that serves a ``WebSocketUpgrader``, and plain HTTP by a small responder.
public final class WebSocketListener: Sendable {
  /// The address that is really bound: its port is set even when port 0 was asked for.
  public let localAddress: SocketAddress
  private let server: any Channel
  private let children: ChildChannels

  /// Binds and serves at once. Throws when the address cannot be bound.
  ///
  /// - Parameters:
  ///   - group: accepted channels are spread over its event loops.
  ///   - limits: on accepted connections, WebSockets or not.
  ///   - tls: asked for each accepted channel, so that a new certificate needs no restart; `nil` serves plain TCP.
  ///   - httpResponder: answers requests that are no WebSocket; `nil` answers 404.
  ///   - host: address to listen on.
  ///   - port: port to listen on; 0 = any free port.
  ///   - upgrader: decides on each upgrade request.
  public static func bind(
    host: String, port: Int, group: any EventLoopGroup, upgrader: WebSocketUpgrader, limits: AcceptLimits = AcceptLimits(),
    tls: (@Sendable () throws -> NIOSSLContext)? = nil,
    httpResponder: HTTPResponder? = nil
  ) async throws -> WebSocketListener {
    let children = ChildChannels()
    let server = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4_096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptHandler(limits: limits)) }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard children.add(channel) else { throw ChannelError.ioOnClosedChannel }
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls())) }
          try upgrader.configure(channel, isSecure: tls != nil) { channel in
            try channel.pipeline.syncOperations.addHandler(HTTPResponderHandler(httpResponder, isSecure: tls != nil))
          }
        }
      }
      .bind(host: host, port: port).get()
    guard let address = server.localAddress else { throw ChannelError.ioOnClosedChannel }
    return WebSocketListener(server: server, localAddress: address, children: children)
  }

  private init(server: any Channel, localAddress: SocketAddress, children: ChildChannels) {
    self.server = server
    self.localAddress = localAddress
    self.children = children
  }

  /// Port that it listens on; 0 for a Unix socket.
  public var port: Int { localAddress.port ?? 0 }

  /// Connections that are open now.
  public var connectionCount: Int { children.count }

  /// Waits until the listener is closed; a cancelled task closes it, with all its connections.
  public func run() async throws {
    try await withTaskCancellationHandler {
      try await server.closeFuture.get()
    } onCancel: {
      close()
    }
  }

  /// Accepts nothing more; connections go on.
  public func stopAccepting() { server.close(promise: nil) }

  /// Closes the socket and drops every connection.
  public func close() {
    server.close(promise: nil)
    children.closeAll()
  }
}
