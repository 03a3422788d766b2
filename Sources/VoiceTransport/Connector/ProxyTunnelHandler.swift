import NIOCore
import VoiceCore

/// Asks a proxy for a tunnel, and leaves the pipeline once there is one.
final class ProxyTunnelHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    /// The proxy's answer, as far as it has come.
    case awaitingHead(ByteBuffer)
    /// Opened, or failed.
    case finished
  }

  private let target: WebSocketURL
  private let proxy: HTTPProxy
  private let completed: (Result<Void, RealtimeConnectError>) -> Void
  private var state = State.awaitingHead(ByteBuffer())

  /// `completed` is called once; on success it adds the handlers that go on, behind this one.
  init(to target: WebSocketURL, by proxy: HTTPProxy, completed: @escaping (Result<Void, RealtimeConnectError>) -> Void) {
    self.target = target
    self.proxy = proxy
    self.completed = completed
  }

  /// Host and port are always said (RFC 9110 section 9.3.6).
  private var request: ByteBuffer {
    let host = URLHost.bracketed(target.host)
    var text = "CONNECT \(host):\(target.port) HTTP/1.1\r\nHost: \(host):\(target.port)\r\n"
    if let authorization = proxy.authorization { text += "Proxy-Authorization: \(authorization.expose())\r\n" }
    return ByteBuffer(string: text + "\r\n")
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.writeAndFlush(wrapOutboundOut(request), promise: nil) }
  }

  func channelActive(context: ChannelHandlerContext) { context.writeAndFlush(wrapOutboundOut(request), promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .awaitingHead(var input) = state else { return context.fireChannelRead(data) }
    input.writeImmutableBuffer(unwrapInboundIn(data))
    state = .awaitingHead(input)
    while true {
      switch HandshakeAnswer.parse(&input, ofAnyHTTP1: true) {
      case .incomplete:
        state = .awaitingHead(input)
        return
      case .invalid(let why): return finish(.failure(RealtimeConnectError(.invalidUpgrade, "the proxy \(proxy): \(why)")))
      case .head(let head) where head.status < 200: continue
      case .head(let head) where head.status < 300:
        finish(.success(()))
        if input.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(input)) }
        return context.pipeline.syncOperations.removeHandler(self, promise: nil)
      case .head(let head): return finish(.failure(refusal(head.status)))
      }
    }
  }

  /// The status is the proxy's, not upstream's: only the text has it.
  private func refusal(_ status: Int) -> RealtimeConnectError {
    let said = "the proxy \(proxy) answers HTTP \(status) to CONNECT \(target.host):\(target.port)"
    switch status {
    case 407: return RealtimeConnectError(.refused, "\(said): it wants other credentials, which stand before the @ of https_proxy")
    case 408, 429, 500...: return RealtimeConnectError(.unreachable, said)
    default: return RealtimeConnectError(.refused, said)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(.failure(RealtimeConnectError(.unreachable, "the proxy \(proxy) closed before it answered")))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard case .awaitingHead = state else { return context.fireErrorCaught(error) }
    finish(.failure(RealtimeConnectError(ClientHandshakeHandler.code(of: error), "the proxy \(proxy): \(NetworkFault.words(error))")))
    context.close(promise: nil)
  }

  private func finish(_ result: Result<Void, RealtimeConnectError>) {
    guard case .awaitingHead = state else { return }
    state = .finished
    completed(result)
  }
}
