import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Stands between a client and a server, and spoils what passes as it is told.
package final class FaultProxy: Sendable {
  package struct Faults: Sendable {
    /// What the server says goes on in portions of so many bytes.
    package var slice: Int?
    /// The server hears, and what it says goes nowhere.
    package var swallowsReplies = false
    /// Nobody hears anything.
    package var swallowsAll = false
    /// After so many bytes of what the server says the connection is reset.
    package var resetsAfter: Int?
    /// New connections are reset.
    package var refuses = false
  }

  private let server: Int
  private let group = MultiThreadedEventLoopGroup.singleton
  private let state = NIOLockedValueBox((faults: Faults(), live: [ObjectIdentifier: any Channel](), accepted: 0))
  private let listener = NIOLockedValueBox<(any Channel)?>(nil)

  package init(to port: Int) async throws {
    server = port
    let bound = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { [self] client in accepted(client) }
      .bind(host: "127.0.0.1", port: 0).get()
    listener.withLockedValue { $0 = bound }
  }

  package var port: Int { listener.withLockedValue { $0?.localAddress?.port ?? 0 } }
  package var url: String { "redis://127.0.0.1:\(port)" }
  package var acceptedConnections: Int { state.withLockedValue { $0.accepted } }
  package var faults: Faults {
    get { state.withLockedValue { $0.faults } }
    set { state.withLockedValue { $0.faults = newValue } }
  }

  /// Resets all connections that live.
  package func reset() { for channel in state.withLockedValue({ Array($0.live.values) }) { channel.close(promise: nil) } }

  package func stop() async {
    reset()
    try? await listener.withLockedValue { $0 }?.close()
  }

  private func accepted(_ client: any Channel) -> EventLoopFuture<Void> {
    state.withLockedValue { $0.accepted += 1 }
    // Closing is a reset from here on.
    _ = (client as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    if faults.refuses { return client.close() }
    let id = ObjectIdentifier(client)
    state.withLockedValue { $0.live[id] = client }
    client.closeFuture.whenComplete { [self] _ in state.withLockedValue { _ = $0.live.removeValue(forKey: id) } }
    return ClientBootstrap(group: client.eventLoop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { [self] upstream in
        upstream.eventLoop.makeCompletedFuture {
          try upstream.pipeline.syncOperations.addHandler(Pump(to: client, self, isReplies: true))
        }
      }
      .connect(host: "127.0.0.1", port: server)
      .flatMap { [self] upstream in
        client.eventLoop.makeCompletedFuture {
          try client.pipeline.syncOperations.addHandler(Pump(to: upstream, self, isReplies: false))
        }
      }
      .flatMapError { _ in client.close() }
  }

  private final class Pump: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let other: any Channel
    private let proxy: FaultProxy
    private let isReplies: Bool
    private var passed = 0

    init(to other: any Channel, _ proxy: FaultProxy, isReplies: Bool) {
      self.other = other
      self.proxy = proxy
      self.isReplies = isReplies
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      let faults = proxy.faults
      if faults.swallowsAll || (isReplies && faults.swallowsReplies) { return }
      guard isReplies else { return other.writeAndFlush(bytes, promise: nil) }
      let step = faults.slice ?? max(1, bytes.readableBytes)
      while let slice = bytes.readSlice(length: min(step, bytes.readableBytes)), slice.readableBytes > 0 {
        passed += slice.readableBytes
        if let limit = faults.resetsAfter, passed > limit {
          other.close(promise: nil)
          return
        }
        other.writeAndFlush(slice, promise: nil)
      }
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
