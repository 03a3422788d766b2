import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// An HTTP proxy that wants credentials, and opens each tunnel to this machine, whatever the name.
final class ScriptedProxy: Sendable {
  private let channel: any Channel
  private let asked: NIOLockedValueBox<[String]>
  var port: Int { channel.localAddress?.port ?? 0 }
  /// The heads of the requests that came.
  var requests: [String] { asked.withLockedValue { $0 } }

  /// - Parameter authorization: value of `Proxy-Authorization` that it takes.
  static func start(authorization: String) async throws -> ScriptedProxy {
    let heads = NIOLockedValueBox<[String]>([])
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Tunnel(authorization: authorization) { head in heads.withLockedValue { $0.append(head) } })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return ScriptedProxy(channel, heads)
  }

  private init(_ channel: any Channel, _ heads: NIOLockedValueBox<[String]>) {
    self.channel = channel
    asked = heads
  }

  func stop() { channel.close(promise: nil) }

  private final class Tunnel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let authorization: String
    private let asked: (String) -> Void
    private var head = ""
    private var target: (any Channel)?

    init(authorization: String, asked: @escaping (String) -> Void) {
      self.authorization = authorization
      self.asked = asked
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if let target { return target.writeAndFlush(unwrapInboundIn(data), promise: nil) }
      head += String(buffer: unwrapInboundIn(data))
      guard head.hasSuffix("\r\n\r\n") else { return }
      asked(head)
      let port = head.split(separator: " ").dropFirst().first?.split(separator: ":").last.flatMap { Int($0) }
      guard head.hasPrefix("CONNECT "), head.contains("Proxy-Authorization: \(authorization)\r\n"), let port else {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")), promise: nil)
        return
      }
      let client = context.channel
      let box = NIOLoopBound(self, eventLoop: context.eventLoop)
      ClientBootstrap(group: context.eventLoop)
        .channelInitializer { $0.pipeline.addHandler(Back(client)) }
        .connect(host: "127.0.0.1", port: port)
        .whenSuccess { channel in
          box.value.target = channel
          client.writeAndFlush(ByteBuffer(string: "HTTP/1.0 200 Connection established\r\n\r\n"), promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { target?.close(promise: nil) }
  }

  private final class Back: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let client: any Channel
    init(_ client: any Channel) { self.client = client }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { client.writeAndFlush(unwrapInboundIn(data), promise: nil) }
    func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }
  }
}
