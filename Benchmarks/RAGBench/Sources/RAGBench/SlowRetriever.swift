import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// The retriever: answers each question after the time that is written in it.
final class SlowRetriever: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private var body = ByteBuffer()

  /// Serves until the channel that this answers is closed.
  static func bind(group: any EventLoopGroup) async throws -> any Channel {
    try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
          try channel.pipeline.syncOperations.addHandler(SlowRetriever())
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: body.clear()
    case .body(var part): body.writeBuffer(&part)
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    let text = String(buffer: body)
    // `word447x12`: this word's question takes 447 ms.
    let delay = text.firstMatch(of: /([0-9]+)x[0-9]+/).flatMap { Int64($0.1) } ?? 0
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(delay)) {
      let context = bound.value
      guard context.channel.isActive else { return }
      let passage = #"{"text":"What the documents say about it, in a sentence.","title":"Answer","source":"answers.md","score":1}"#
      let answer = ByteBuffer(string: #"{"passages":[\#(passage)]}"#)
      let headers = HTTPHeaders([("Content-Type", "application/json"), ("Content-Length", "\(answer.readableBytes)")])
      context.write(self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
      context.write(self.wrapOutboundOut(.body(.byteBuffer(answer))), promise: nil)
      context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
