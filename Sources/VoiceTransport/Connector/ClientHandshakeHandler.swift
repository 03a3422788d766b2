import NIOCore
import NIOSSL
import VoiceCore

/// Sends the handshake and waits for its answer; then it is a ``WebSocketConnection``'s turn.
final class ClientHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case awaitingHead(ByteBuffer)
    /// An answer other than 101, whose body is kept as far as an error message needs it.
    case awaitingBody(HTTPErrorBody)
    case finished
  }

  private let handshake: ClientHandshake
  private let completed: (Result<ByteBuffer, RealtimeConnectError>) -> Void
  private var state = State.awaitingHead(ByteBuffer())

  /// `completed` is called once, with the bytes that came behind a sound 101, or the fault.
  init(_ handshake: ClientHandshake, completed: @escaping (Result<ByteBuffer, RealtimeConnectError>) -> Void) {
    self.handshake = handshake
    self.completed = completed
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { ask(context) }
  }

  func channelActive(context: ChannelHandlerContext) { ask(context) }

  private func ask(_ context: ChannelHandlerContext) { context.writeAndFlush(wrapOutboundOut(handshake.request), promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch state {
    case .awaitingHead(var input):
      input.writeBuffer(&bytes)
      state = .awaitingHead(input)
      readHead(input)
    case .awaitingBody(var body):
      let isWhole = body.append(bytes)
      state = .awaitingBody(body)
      if isWhole { finish(.failure(body.error)) }
    case .finished: break
    }
  }

  private func readHead(_ bytes: ByteBuffer) {
    var input = bytes
    switch HandshakeAnswer.parse(&input) {
    case .incomplete: break
    case .invalid(let why): finish(.failure(RealtimeConnectError(.invalidUpgrade, why)))
    case .head(let head) where head.status == 101:
      if let fault = handshake.fault(of: head) { return finish(.failure(fault)) }
      finish(.success(input))
    case .head(let head) where head.status < 200:
      state = .awaitingHead(input)
      readHead(input)
    case .head(let head):
      var body = HTTPErrorBody(head)
      let isWhole = body.append(input)
      state = .awaitingBody(body)
      if isWhole { finish(.failure(body.error)) }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    switch state {
    case .awaitingHead: finish(.failure(RealtimeConnectError(.unreachable, "\(handshake.url.host) closed before it answered")))
    case .awaitingBody(let body): finish(.failure(body.error))
    case .finished: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(.failure(RealtimeConnectError(Self.code(of: error), "\(handshake.url.host): \(NetworkFault.words(error))")))
    context.close(promise: nil)
  }

  /// A connection that breaks is worth another dial; a certificate or a protocol that does not fit is not.
  static func code(of error: any Error) -> RealtimeConnectError.Code {
    switch error {
    case NIOSSLError.handshakeFailed(.sslError(let stack)):
      stack.contains(.eofDuringHandshake) || stack.contains(.eofDuringAdditionalCertficiateChainValidation) ? .unreachable : .tls
    case NIOSSLError.handshakeFailed(.syscallError), NIOSSLError.handshakeFailed(.zeroReturn), NIOSSLError.uncleanShutdown: .unreachable
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: .tls
    default: .unreachable
    }
  }

  /// Ends the wait from outside: the timeout.
  func finish(_ result: Result<ByteBuffer, RealtimeConnectError>) {
    if case .finished = state { return }
    state = .finished
    completed(result)
  }
}
