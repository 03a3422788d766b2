import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// An endpoint of passages that keeps its answers back until it is told to give them.
final class PassageServer: Sendable {
  private struct Gate {
    var isOpen = false
    var waiting: [@Sendable () -> Void] = []
  }

  let port: Int
  private let channel: any Channel
  private let gate: NIOLockedValueBox<Gate>

  static func start() async throws -> PassageServer {
    let gate = NIOLockedValueBox(Gate())
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(gate))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return PassageServer(channel, gate)
  }

  private init(_ channel: any Channel, _ gate: NIOLockedValueBox<Gate>) {
    self.channel = channel
    self.gate = gate
    port = channel.localAddress?.port ?? 0
  }

  var url: String { "http://127.0.0.1:\(port)/passages" }

  /// What was asked is answered now, and what is asked from now on at once.
  func open() {
    let waiting = gate.withLockedValue { gate in
      gate.isOpen = true
      defer { gate.waiting = [] }
      return gate.waiting
    }
    for answer in waiting { answer() }
  }

  func shut() { gate.withLockedValue { $0.isOpen = false } }
  func stop() { channel.close(promise: nil) }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private let gate: NIOLockedValueBox<Gate>
    init(_ gate: NIOLockedValueBox<Gate>) { self.gate = gate }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .end = unwrapInboundIn(data) else { return }
      let channel = context.channel
      let answer: @Sendable () -> Void = {
        let text = #"{"passages":[{"text":"Opened items can be returned within 14 days.","title":"Refunds","source":"refunds.md"}]}"#
        let body = ByteBuffer(string: text)
        let head = HTTPResponseHead(
          version: .http1_1, status: .ok, headers: ["Content-Type": "application/json", "Content-Length": "\(body.readableBytes)"])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
      }
      let isOpen = gate.withLockedValue { gate in
        if !gate.isOpen { gate.waiting.append(answer) }
        return gate.isOpen
      }
      if isOpen { answer() }
    }
  }
}
