import NIOCore
import VoiceCore

/// One WebSocket on one channel: frames in, frames out, heartbeat and close handshake.
///
/// It is the channel's last handler and the owner's ``RealtimeConnection`` at once, so that a message crosses nothing else.
final class WebSocketConnection: RealtimeConnection, ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let configuration: WebSocketConfiguration
  let role: WebSocketRole
  // The per-message state: everything here runs on one event loop, no access spans a call to the owner, and checking that
  // at run time for each message is measurable.
  @exclusivity(unchecked) var frames: WebSocketFrameStateMachine
  @exclusivity(unchecked) var ending: CloseStateMachine
  @exclusivity(unchecked) var heartbeat: HeartbeatStateMachine?
  @exclusivity(unchecked) var keys: MaskingKeys
  @exclusivity(unchecked) var context: ChannelHandlerContext?
  @exclusivity(unchecked) var delegate: (any RealtimeConnectionDelegate)?
  /// The channel's, as it last said: asked for every message.
  @exclusivity(unchecked) private(set) var isWritable = false
  /// True after a write until the next flush.
  @exclusivity(unchecked) var needsFlush = false
  /// Bytes queued, over the connection's life.
  @exclusivity(unchecked) var queuedBytes = 0
  /// The first frame since the last flush, while it may turn out to be the only one.
  @exclusivity(unchecked) var single: (opcode: WebSocketOpcode, payload: ByteBuffer)?
  /// Nil where frames go the channel's way alone: below TLS, and in memory.
  @exclusivity(unchecked) var direct: DirectWriter?
  /// True from a write to the channel until the channel is seen empty.
  @exclusivity(unchecked) var channelMayHoldBytes = true
  /// Bytes handed over and not yet flushed: a TLS handler below keeps them out of the channel's own count.
  @exclusivity(unchecked) var unflushedBytes = 0

  private static let maxEarlyBytes = 1 << 20
  /// Bytes that came before the owner was ready.
  var early: ByteBuffer?
  /// Payload of the last ping that arrived while the peer did not read.
  private var unsentPong: ByteBuffer?
  var stall: WriteStallStateMachine?
  var drain = WriteProgress()
  let isSecure: Bool
  /// Counter of bytes below TLS; counts what is sent on the wire.
  let wire: WireCounter?
  var isReading = true

  var timer: Scheduled<Void>?
  var timerDeadline = NIODeadline.distantFuture
  var closeDeadline: NIODeadline?

  init(role: WebSocketRole, configuration: WebSocketConfiguration, isSecure: Bool) {
    self.role = role
    self.configuration = configuration
    self.isSecure = isSecure
    wire = isSecure ? WireCounter() : nil
    frames = WebSocketFrameStateMachine(
      role: role, maxMessageBytes: configuration.maxMessageBytes, maxFragments: configuration.maxFragments)
    ending = CloseStateMachine(role: role)
    stall = configuration.writeTimeout.map(WriteStallStateMachine.init(timeout:))
    keys = MaskingKeys()
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if let wire { try? context.pipeline.syncOperations.addHandler(wire, position: .first) }
    let options = context.channel.syncOptions
    try? options?.setOption(
      .writeBufferWaterMark, value: .init(low: configuration.lowWatermark, high: configuration.highWatermark))
    isWritable = context.channel.isWritable
    if context.channel.isActive { direct = DirectWriter(context.channel) }
  }

  func channelActive(context: ChannelHandlerContext) {
    direct = DirectWriter(context.channel)
    context.fireChannelActive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    finish()
    self.context = nil
  }

  /// Starts the conversation: the owner is there. Bytes that came earlier are delivered now.
  func start(_ delegate: any RealtimeConnectionDelegate) {
    guard let context else { return delegate.closed(.abnormal) }
    self.delegate = delegate
    let now = context.eventLoop.now
    if let interval = configuration.pingInterval {
      heartbeat = HeartbeatStateMachine(interval: interval, timeout: configuration.pongTimeout, now: now)
    }
    schedule(now: now)
    if let bytes = early.take() {
      deliver(bytes)
      readCompleted()
    }
  }

  // MARK: Inbound

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if delegate == nil, ending.isOpen {
      if early == nil { early = bytes } else { early?.writeImmutableBuffer(bytes) }
      // More than a peer has to say before it is spoken to.
      if let early, early.readableBytes > Self.maxEarlyBytes { context.close(promise: nil) }
      return
    }
    deliver(bytes)
  }

  func channelReadComplete(context: ChannelHandlerContext) { readCompleted() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if !isWritable { schedule(now: context.eventLoop.now) }
    if isWritable, ending.isOpen, let pong = unsentPong.take() {
      write(.pong, pong)
      flush()
    }
    if ending.isOpen { delegate?.writabilityChanged(isWritable) }
  }

  func channelInactive(context: ChannelHandlerContext) { finish() }

  /// Drops the direct writer first: what waits for the close runs after the kernel's, and the descriptor may be another connection's by then.
  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    direct = nil
    context.close(mode: mode, promise: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // A peer that closed its half has no more to say, and a session with one voice is none.
    if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func deliver(_ bytes: ByteBuffer) {
    heartbeat?.bytesReceived()
    var input = bytes
    var others = 0
    while ending.isListening, let event = frames.next(from: &input) {
      switch event {
      case .message(let message): if ending.isOpen { delegate?.received(message) }
      case .ping(let payload):
        others += 1
        if ending.isOpen { answer(ping: payload) }
      case .pong: others += 1
      case .close(let closure): perform(ending.closeReceived(closure))
      case .violation(let violation):
        // The owner may close in its own words first.
        if ending.isOpen { delegate?.peerFailed(violation.closure) }
        perform(ending.violated(violation))
      }
    }
    others += frames.takeContinuations()
    if others > 0, ending.isOpen { delegate?.received(otherFrames: others) }
  }

  /// A peer that pings and does not read gets one pong for the last of its pings (RFC 6455 section 5.5.3), and no others pile up here.
  private func answer(ping payload: ByteBuffer) {
    if isWritable { write(.pong, payload) } else { unsentPong = ByteBuffer(bytes: payload.readableBytesView) }
  }

  /// All that one read brought is delivered.
  func readCompleted() {
    if ending.isOpen { delegate?.readCompleted() }
    flush()
  }

  /// TCP is closed. The owner goes when it is notified, which may be the next step of what found TCP closed.
  private func finish() {
    isWritable = false
    perform(ending.connectionLost())
    timer?.cancel()
    timer = nil
    early = nil
    unsentPong = nil
    single = nil
    direct = nil
  }
}
