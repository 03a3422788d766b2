import HTTPTypes
import NIOCore
import NIOHTTP1

/// Collects one request at a time and writes the responder's answer.
final class HTTPResponderHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  static let maxBodyBytes = 1 << 20

  private let responder: HTTPResponder?
  private let isSecure: Bool
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(_ responder: HTTPResponder?, isSecure: Bool) {
    self.responder = responder
    self.isSecure = isSecure
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(let part):
      guard head != nil else { return }
      if body.readableBytes + part.readableBytes > Self.maxBodyBytes {
        self.head = nil
        answer(.error(.contentTooLarge, code: "body_too_large", message: "The body is too large"), closes: true, context)
      } else {
        body.writeImmutableBuffer(part)
      }
    case .end:
      guard let head else { return }
      self.head = nil
      let reply = responder?(HTTPRequest(head, isSecure: isSecure), body) ?? .error(.notFound, code: "not_found", message: "No such path")
      answer(reply, closes: false, context)
    }
  }

  /// Bodies in answer to HEAD, and the end of the connection, are the concern of the handler before this one.
  private func answer(_ reply: HTTPReply, closes: Bool, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(reply.head(closes: closes))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
