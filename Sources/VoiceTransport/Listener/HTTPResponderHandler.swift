import HTTPTypes
import NIOCore
import NIOHTTP1

/// Collects one request at a time and writes the responder's answer.
final class HTTPResponderHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  static let maxBodyBytes = 1 << 20

  private let responder: HTTPResponder?
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(_ responder: HTTPResponder?) { self.responder = responder }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(let part):
      guard let head else { return }
      if body.readableBytes + part.readableBytes > Self.maxBodyBytes {
        self.head = nil
        answer(head, .error(.contentTooLarge, code: "body_too_large", message: "The body is too large"), closes: true, context)
      } else {
        body.writeImmutableBuffer(part)
      }
    case .end:
      guard let head else { return }
      self.head = nil
      let reply = responder?(HTTPRequest(head, isSecure: false), body) ?? .error(.notFound, code: "not_found", message: "No such path")
      answer(head, reply, closes: !head.isKeepAlive, context)
    }
  }

  private func answer(_ head: HTTPRequestHead, _ reply: HTTPReply, closes: Bool, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(reply.head(closes: closes))), promise: nil)
    if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil) }
    let written = context.eventLoop.makePromise(of: Void.self)
    if closes { written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }
}
