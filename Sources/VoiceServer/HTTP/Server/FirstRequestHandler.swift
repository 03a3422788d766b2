import HummingbirdCore
import NIOCore

/// Holds a connection's place until its first request says what it is. Leaves the pipeline then.
final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Any
  private let decided: EventLoopPromise<ClientChannel.HTTPStream?>
  private var context: ChannelHandlerContext?
  private var isDecided = false
  /// Closes HTTP connections that are idle.
  private var stateHandler: HTTPConnectionStateHandler?
  private var channel: (any Channel)?

  init(on eventLoop: any EventLoop) {
    decided = eventLoop.makePromise(of: ClientChannel.HTTPStream?.self)
  }

  /// Nil when the connection is a WebSocket now, or gone.
  var stream: EventLoopFuture<ClientChannel.HTTPStream?> { decided.futureResult }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func becameHTTP(_ stream: ClientChannel.HTTPStream, _ stateHandler: HTTPConnectionStateHandler) {
    (self.stateHandler, channel) = (stateHandler, stream.channel)
    decide(stream)
    leave()
  }

  /// At once, or after requests over HTTP: then Hummingbird's handlers stay, and must not find the connection idle.
  func becameWebSocket() {
    if let stateHandler, let channel {
      try? channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
      channel.pipeline.syncOperations.removeHandler(stateHandler, promise: nil)
    }
    (stateHandler, channel) = (nil, nil)
    leave()
  }

  private func leave() {
    guard let context else { return decide(nil) }
    self.context = nil
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    decide(nil)
  }

  /// The listener is closing, and this connection has asked for nothing yet.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
  }

  private func decide(_ stream: ClientChannel.HTTPStream?) {
    guard !isDecided else { return }
    isDecided = true
    decided.succeed(stream)
  }
}
