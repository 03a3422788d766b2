import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A small HTTP/1.1 server on loopback that answers with the bytes the test gives, and counts.
final class LoopbackServer: Sendable {
  struct Request: Sendable, Equatable {
    /// Request line and header lines.
    var lines: [String]
    var body: String

    func value(_ name: String) -> String? {
      lines.dropFirst().first { $0.lowercased().hasPrefix(name + ":") }.map { String($0.dropFirst(name.utf8.count + 2)) }
    }
  }

  enum Answer: Sendable {
    case bytes(String)
    case bytesThenClose(String)
    /// Nothing, ever.
    case silence
    /// A chunk each time the client has taken the last, without end.
    case endless

    static func ok(_ body: String, status: String = "200 OK", fields: String = "") -> Answer {
      .bytes("HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }
  }

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  private let counters = Counters()
  let port: Int
  /// Each request as it arrives.
  let arrivals: AsyncStream<Request>
  /// Once for each connection that has gone.
  let departures: AsyncStream<Void>

  private struct Counters: Sendable {
    let opened = NIOLockedValueBox(0)
  }

  /// Connections so far.
  var opened: Int { counters.opened.withLockedValue { $0 } }
  var authority: String { "127.0.0.1:\(port)" }

  init(tls: NIOSSLContext? = nil, _ answer: @escaping @Sendable (Request) -> Answer) throws {
    let (arrivals, arrived) = AsyncStream<Request>.makeStream()
    let (departures, departed) = AsyncStream<Void>.makeStream()
    (self.arrivals, self.departures) = (arrivals, departures)
    let opened = counters.opened
    channel = try ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        opened.withLockedValue { $0 += 1 }
        channel.closeFuture.whenComplete { _ in departed.yield() }
        return channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(Handler(arrived, answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
    port = channel.localAddress!.port!
  }

  func stop() async throws { try await group.shutdownGracefully() }

  private final class Handler: ChannelInboundHandler, @unchecked Sendable {  // why: lives on its channel's event loop
    typealias InboundIn = ByteBuffer

    private let arrived: AsyncStream<Request>.Continuation
    private let answer: @Sendable (Request) -> Answer
    private var bytes = ByteBuffer()

    init(_ arrived: AsyncStream<Request>.Continuation, _ answer: @escaping @Sendable (Request) -> Answer) {
      self.arrived = arrived
      self.answer = answer
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var part = unwrapInboundIn(data)
      bytes.writeBuffer(&part)
      let text = String(buffer: bytes)
      guard let end = text.firstRange(of: "\r\n\r\n") else { return }
      var request = Request(lines: text[..<end.lowerBound].split(separator: "\r\n").map(String.init), body: String(text[end.upperBound...]))
      guard request.body.utf8.count >= request.value("content-length").flatMap({ Int($0) }) ?? 0 else { return }
      bytes.clear()
      if request.value("transfer-encoding") != nil { request.body = "" }
      arrived.yield(request)
      switch answer(request) {
      case .bytes(let text): context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
      case .bytesThenClose(let text):
        let channel = context.channel
        context.writeAndFlush(NIOAny(ByteBuffer(string: text))).whenComplete { _ in channel.close(promise: nil) }
      case .silence: break
      case .endless:
        context.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")), promise: nil)
        drip(context.channel)
      }
    }

    private func drip(_ channel: any Channel) {
      let chunk = "400\r\n\(String(repeating: "x", count: 1_024))\r\n"
      channel.writeAndFlush(ByteBuffer(string: chunk)).whenSuccess { [self] in drip(channel) }
    }
  }
}

extension AsyncStream where Element: Sendable {
  func first() async -> Element? {
    for await element in self { return element }
    return nil
  }
}
