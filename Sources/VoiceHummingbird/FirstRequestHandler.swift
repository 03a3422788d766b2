import NIOCore

/// Holds a connection's place until its first request says what it is, and leaves the pipeline then.
final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Any
  private let decided: EventLoopPromise<ClientChannel.HTTPStream?>
  private var context: ChannelHandlerContext?
  private var isDecided = false

  init(on eventLoop: any EventLoop) {
    decided = eventLoop.makePromise(of: ClientChannel.HTTPStream?.self)
  }

  /// Nil when the connection is a WebSocket now, or gone.
  var stream: EventLoopFuture<ClientChannel.HTTPStream?> { decided.futureResult }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    decide(nil)
  }

  /// Says what the connection is: an HTTP stream, or nil for a WebSocket. Only the first call counts.
  func decide(_ stream: ClientChannel.HTTPStream?) {
    guard !isDecided else { return }
    isDecided = true
    decided.succeed(stream)
    guard let context = context.take() else { return }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}
