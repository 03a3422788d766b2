import NIOCore

/// Counts the bytes that TLS hands to the channel, so that a stalled peer shows even while more is being sent.
final class WireCounter: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private(set) var bytes = 0

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    bytes += unwrapOutboundIn(data).readableBytes
    context.write(data, promise: promise)
  }
}
