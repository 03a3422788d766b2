import NIOCore
import NIOTLS

/// Holds the place of the handshake on a channel that is made in advance: says when TCP and TLS are done, and when the channel is gone.
///
/// A server that speaks before it is asked is no HTTP server: such a channel is closed.
final class ParkedHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let isSecure: Bool
  private var ready: (() -> Void)?
  private let failed: (any Error) -> Void

  /// - Parameter failed: gets what went wrong before ``ready`` was called.
  init(isSecure: Bool, ready: @escaping () -> Void, failed: @escaping (any Error) -> Void) {
    self.isSecure = isSecure
    self.ready = ready
    self.failed = failed
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive, !isSecure { ready.take()?() }
  }

  func channelActive(context: ChannelHandlerContext) {
    if !isSecure { ready.take()?() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case TLSUserEvent.handshakeCompleted: ready.take()?()
    case ChannelEvent.inputClosed: context.close(promise: nil)
    default: break
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) { end(ChannelError.ioOnClosedChannel) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(error)
    context.close(promise: nil)
  }

  private func end(_ error: any Error) {
    if ready.take() != nil { failed(error) }
  }
}
