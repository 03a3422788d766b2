import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// Listens on channels of one server at a time, and on another connection when that one is lost.
struct RedisSubscription: Sendable {
  enum Event: Sendable, Equatable {
    /// Listening from here on; what was said before was missed.
    case subscribed
    case message(channel: String, ByteBuffer)
    case lost
    /// The server does not let this user listen.
    case forbidden(RedisErrorReply)
  }

  let group: any EventLoopGroup
  let logger: Logger
  let backoff: Backoff
  let jitter: @Sendable () -> Double
  var pingInterval = TimeAmount.seconds(1)
  /// Pause between two attempts where the server does not let this user listen.
  var forbiddenInterval = Duration.seconds(30)

  /// Runs until cancelled.
  ///
  /// - Parameters:
  ///   - server: names the server for each attempt.
  ///   - deliver: called on an event loop.
  func run(
    on channels: [String], server: @escaping @Sendable () async throws -> RedisChannel.Target, deliver: @escaping @Sendable (Event) -> Void
  ) async {
    var failures = 0
    while !Task.isCancelled {
      let hasListened = NIOLockedValueBox(false)
      let isForbidden = NIOLockedValueBox(false)
      do {
        try await listen(await server(), channels) { event in
          if event == .subscribed { hasListened.withLockedValue { $0 = true } }
          if case .forbidden = event { isForbidden.withLockedValue { $0 = true } }
          deliver(event)
        }
      } catch { logger.debug("subscription ended", metadata: ["error": "\(error)"]) }
      if hasListened.withLockedValue({ $0 }) {
        deliver(.lost)
        failures = 0
      }
      failures += 1
      let pause =
        isForbidden.withLockedValue { $0 }
        ? forbiddenInterval * (0.5 + jitter() / 2) : backoff.delay(failure: failures, jitter: jitter())
      try? await Task.sleep(for: pause)
    }
  }

  /// Listens until the connection ends or the task is cancelled.
  private func listen(_ target: RedisChannel.Target, _ channels: [String], deliver: @escaping @Sendable (Event) -> Void) async throws {
    let interval = pingInterval
    let channel = try await ClientBootstrap(group: group)
      .connectTimeout(target.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls = target.tls { try pipeline.addHandler(NIOSSLClientHandler.make(tls, host: target.endpoint.host)) }
          let machine = RedisSubscriptionStateMachine(
            handshake: target.handshake, channels: channels, interval: interval, at: channel.eventLoop.now)
          try pipeline.addHandler(
            RedisSubscriptionHandler(
              machine, target.handshake, maximumReplyBytes: target.bounds.replyBytes, interval: interval, deliver: deliver))
        }
      }
      .connect(host: target.endpoint.host, port: target.endpoint.port).get()
    await withTaskCancellationHandler {
      try? await channel.closeFuture.get()
    } onCancel: {
      channel.close(promise: nil)
    }
  }
}

/// Drives ``RedisSubscriptionStateMachine`` on a channel.
private final class RedisSubscriptionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var machine: RedisSubscriptionStateMachine
  private let handshake: RedisHandshake
  private var reader: RESPReader
  private let interval: TimeAmount
  private let deliver: @Sendable (RedisSubscription.Event) -> Void
  private var timer: Scheduled<Void>?

  init(
    _ machine: RedisSubscriptionStateMachine, _ handshake: RedisHandshake, maximumReplyBytes: Int, interval: TimeAmount,
    deliver: @escaping @Sendable (RedisSubscription.Event) -> Void
  ) {
    self.machine = machine
    self.handshake = handshake
    reader = RESPReader(maximumReplyBytes: maximumReplyBytes)
    self.interval = interval
    self.deliver = deliver
  }

  func channelActive(context: ChannelHandlerContext) {
    for step in machine.opened() { context.write(wrapOutboundOut(handshake.command(for: step).wire), promise: nil) }
    context.flush()
    setTimer(context)
    context.fireChannelActive()
  }

  private func setTimer(_ context: ChannelHandlerContext) {
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { [weak self] in
      guard let self else { return }
      switch machine.timePassed(at: context.eventLoop.now) {
      case .none: break
      case .ping: send(RedisCommand("PING"), context)
      case .drop: context.close(promise: nil)
      }
      setTimer(context)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let now = context.eventLoop.now
    do {
      try reader.read(unwrapInboundIn(data)) { reply in
        switch machine.replied(reply, at: now) {
        case .none: break
        case .subscribe(let channels): send(RedisCommand("SUBSCRIBE", arguments: channels.map { .text($0) }), context)
        case .subscribed: deliver(.subscribed)
        case .deliver(let channel, let payload): deliver(.message(channel: channel, payload))
        case .forbidden(let error):
          deliver(.forbidden(error))
          context.close(promise: nil)
        case .violation, .refused: context.close(promise: nil)
        }
      }
    } catch { context.close(promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func send(_ command: RedisCommand, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(command.wire), promise: nil)
  }
}
