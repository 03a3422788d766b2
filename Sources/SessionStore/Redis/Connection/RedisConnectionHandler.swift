import NIOCore
import NIOSSL
import VoiceCore

/// Drives ``RedisConnectionStateMachine`` on a channel: writes what is submitted, hands each reply to who waits for it.
final class RedisConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Callbacks of the owner, on the channel's event loop.
  protocol Owner: AnyObject {
    func greeted(_ handler: RedisConnectionHandler)
    /// The last call. `refusal` is set when the server did not let this client in.
    func ended(_ handler: RedisConnectionHandler, _ error: RedisError, refusal: RedisHandshake.Refusal?)
  }

  private static let joinedBytes = 65_536
  private let handshake: RedisHandshake
  private let usesTLS: Bool
  /// Whether the peer has said anything.
  private var hasHeard = false
  private var machine: RedisConnectionStateMachine
  private var reader: RESPReader
  /// Those that the machine has in flight, in its order; they are numbered through.
  private var requests = CircularBuffer<RedisRequest>()
  private var nextID: UInt64 = 0
  private weak var owner: (any Owner)?
  private var context: ChannelHandlerContext?
  private var timer: Scheduled<Void>?
  private var timerAt = NIODeadline.distantFuture
  /// Reason for closing; the first one stands.
  private var reason: (error: RedisError, refusal: RedisHandshake.Refusal?)?

  init(
    handshake: RedisHandshake, usesTLS: Bool = false, handshakeDeadline: NIODeadline, bounds: RedisConfiguration.Bounds, owner: any Owner
  ) {
    self.handshake = handshake
    self.usesTLS = usesTLS
    machine = RedisConnectionStateMachine(
      handshake: handshake, handshakeDeadline: handshakeDeadline, maximumCommands: bounds.commands, maximumBytes: bounds.bytes)
    reader = RESPReader(maximumReplyBytes: bounds.replyBytes)
    self.owner = owner
  }

  /// True once the owner was notified of the end.
  var isEnded: Bool { reason != nil }

  // MARK: Commands

  /// Writes all of these with as few writes as possible; refuses those that cannot be sent.
  func send(_ batch: [RedisRequest]) {
    guard let context else {
      for request in batch { request.fail(RedisError(.unreachable, "there is no connection")) }
      return
    }
    let now = context.eventLoop.now
    var joined: ByteBuffer?
    var first = NIODeadline.distantFuture
    for request in batch {
      let bytes = request.wire.readableBytes
      let id = nextID
      switch machine.submitted(id, deadline: request.deadline, bytes: bytes, ignoredReplies: request.ignoredReplies, at: now) {
      case .write:
        nextID += 1
        requests.append(request)
        first = min(first, request.deadline)
        if bytes >= Self.joinedBytes {
          if let buffer = joined.take() { context.write(wrapOutboundOut(buffer), promise: nil) }
          context.write(wrapOutboundOut(request.wire), promise: nil)
        } else if joined == nil {
          joined = request.wire
        } else {
          joined?.writeImmutableBuffer(request.wire)
        }
      case .refuse(.notReady): request.fail(RedisError(.unreachable, "the connection is ending"))
      case .refuse(.full): request.fail(RedisError(.overloaded, "too many commands wait for their replies"))
      case .refuse(.late): request.fail(RedisError(.timedOut, "the deadline passed before the command was sent"))
      }
    }
    if let joined { context.write(wrapOutboundOut(joined), promise: nil) }
    context.flush()
    if first < timerAt { setTimer(first, context) }
  }

  /// Ends the connection.
  func close(_ error: RedisError) { end(error, refusal: nil) }

  // MARK: The channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { open(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    open(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    hasHeard = true
    do {
      try reader.read(unwrapInboundIn(data)) { received($0) }
    } catch {
      end(
        RedisError(.protocolViolation, "the peer does not speak the Redis protocol (\(error.detail)); is it a TLS port?", mayHaveRun: true))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case is NIOSSLError where Self.isLoss(error): end(RedisError(.connectionLost, "the connection ended: \(error)", mayHaveRun: true))
    case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
      end(RedisError(.tls, "TLS failed: \(error)", mayHaveRun: true))
    default: end(RedisError(.connectionLost, "the connection failed: \(NetworkFault.words(error))\(hint)", mayHaveRun: true))
    }
  }

  /// Guess about a peer that never said a word: Redis closes plain text on its TLS port, and is silent to TLS on a plain one.
  private var hint: String {
    if hasHeard { return "" }
    return usesTLS ? "; does the port speak TLS? Without it the URL is redis://" : "; does the port speak TLS? With it the URL is rediss://"
  }

  /// True when the peer only went away: a server that is killed, a proxy or a balancer closes TCP and leaves TLS unfinished.
  private static func isLoss(_ error: any Error) -> Bool {
    switch error as? NIOSSLError {
    case .uncleanShutdown: true
    case .handshakeFailed(.sslError(let errors)): errors.contains { $0 == .eofDuringHandshake }
    default: false
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(RedisError(.connectionLost, "the server closed the connection\(hint)", mayHaveRun: true))
    timer?.cancel()
    self.context = nil
    context.fireChannelInactive()
  }

  // MARK: What the machine says

  private func open(_ context: ChannelHandlerContext) {
    let steps = machine.opened()
    for step in steps { context.write(wrapOutboundOut(handshake.command(for: step).wire), promise: nil) }
    context.flush()
    checkTime(context)
  }

  private func received(_ reply: RedisReply) {
    switch machine.replied(reply) {
    case .none: break
    case .ready: owner?.greeted(self)
    case .complete: requests.removeFirst().complete(reply)
    case .violation: end(RedisError(.protocolViolation, "the server sent a reply without a request", mayHaveRun: true))
    case .refused(let refusal): end(refusal.error, refusal: refusal)
    }
  }

  private func checkTime(_ context: ChannelHandlerContext) {
    timerAt = .distantFuture
    switch machine.timePassed(at: context.eventLoop.now) {
    case .none: break
    case .wait(let until): setTimer(until, context)
    case .dropSilentGreeting: end(RedisError(.timedOut, "the server accepted the connection and did not answer\(hint)"))
    case .dropSilentCommand: end(RedisError(.timedOut, "no answer within the command's deadline", mayHaveRun: true))
    }
  }

  private func setTimer(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
    timer?.cancel()
    timerAt = deadline
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
      if let self, let context = self.context { self.checkTime(context) }
    }
  }

  private func end(_ error: RedisError, refusal: RedisHandshake.Refusal? = nil) {
    let isFirst = reason == nil
    if isFirst { reason = (error, refusal) }
    failAll(error)
    // Before the channel is closed: TLS says goodbye first, and the peer may not answer for seconds.
    if isFirst { owner?.ended(self, error, refusal: refusal) }
    context?.close(mode: .all, promise: nil)
  }

  private func failAll(_ error: RedisError) {
    for _ in machine.closed() { requests.removeFirst().fail(error) }
  }
}

extension RedisHandshake.Refusal {
  var error: RedisError {
    switch self {
    case .authentication(let reply):
      RedisError(.authentication, "Redis does not accept the user and password: \(reply.code.rawValue)", reply: reply)
    case .configuration(let reply): RedisError(.refused, "Redis refuses the handshake: \(reply)", reply: reply)
    case .isNoMaster: RedisError(.noServer, "the server is a replica")
    case .notYet(let reply): RedisError(.refused, "Redis is not ready: \(reply)", reply: reply)
    case .unexpectedReply: RedisError(.protocolViolation, "Redis answered the handshake in an unknown way")
    }
  }
}
