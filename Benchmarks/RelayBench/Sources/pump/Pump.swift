import NIOCore
import NIOPosix

/// `pump PORT UPSTREAM_PORT`: passes bytes on both ways on one event loop, and looks at none: the floor for a relay on NIO.
@main
enum Pump {
  static func main() async throws {
    let ports = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    guard ports.count == 2 else { fatalError("usage: pump PORT UPSTREAM_PORT") }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4_096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        client.eventLoop.makeCompletedFuture {
          let near = PumpHandler()
          try client.pipeline.syncOperations.addHandler(near)
          dial(ports[1], for: client, near)
        }
      }
      .bind(host: "127.0.0.1", port: ports[0]).get()
    try await server.closeFuture.get()
  }

  private static func dial(_ port: Int, for client: any Channel, _ near: PumpHandler) {
    let far = PumpHandler()
    let pair = NIOLoopBound((near, far), eventLoop: client.eventLoop)
    ClientBootstrap(group: client.eventLoop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { upstream in
        upstream.eventLoop.makeCompletedFuture { try upstream.pipeline.syncOperations.addHandler(pair.value.1) }
      }
      .connect(host: "127.0.0.1", port: port)
      .whenComplete { result in
        guard case .success = result else { return client.close(promise: nil) }
        let (near, far) = pair.value
        (near.partner, far.partner) = (far, near)
        client.setOption(.autoRead, value: true).whenFailure { _ in client.close(promise: nil) }
      }
  }
}
