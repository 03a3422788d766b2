import HTTPTypes
import NIOCore
import NIOHTTP1
import VoiceCore

/// Stands behind the HTTP codec until the connection is a WebSocket, and does what an ``HTTPConnectionStateMachine`` says.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
  /// Parts of requests; bytes once the decoder has left.
  typealias InboundIn = Any
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let upgrader: WebSocketUpgrader
  private let isSecure: Bool
  private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
  private let encoder: HTTPResponseEncoder
  private let fallback: @Sendable (any Channel) throws -> Void
  private var machine: HTTPConnectionStateMachine
  private var hasFallback = false
  private var isPerforming = false
  /// A read that was asked for and withheld.
  private var isReadPending = false
  /// Bytes that came behind a handshake.
  private var leftovers = ByteBuffer()
  private let wire = WireCounter()
  private var stall: WriteStallStateMachine
  private var timer: Scheduled<Void>?
  private var timerDeadline = NIODeadline.distantFuture

  init(
    upgrader: WebSocketUpgrader, isSecure: Bool, decoder: ByteToMessageHandler<HTTPRequestDecoder>, encoder: HTTPResponseEncoder,
    now: NIODeadline, fallback: @escaping @Sendable (any Channel) throws -> Void
  ) {
    self.upgrader = upgrader
    self.isSecure = isSecure
    self.decoder = decoder
    self.encoder = encoder
    self.fallback = fallback
    machine = HTTPConnectionStateMachine(
      judge: RequestJudge(limits: upgrader.limits, isWebSocketPath: upgrader.isWebSocketPath), limits: upgrader.limits,
      times: upgrader.times, now: now)
    stall = WriteStallStateMachine(timeout: upgrader.times.write)
  }

  // MARK: Inbound

  func handlerAdded(context: ChannelHandlerContext) {
    try? context.pipeline.syncOperations.addHandler(wire, position: .first)
    // A peer that has said all may still wait for its answer.
    try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
    schedule(context)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    machine.connectionClosed()
    timer?.cancel()
    timer = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    machine.connectionClosed()
    timer?.cancel()
    timer = nil
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let value = unwrapInboundIn(data)
    if let part = value as? HTTPServerRequestPart {
      switch part {
      case .head(let head): machine.received(.head(head))
      case .body(let bytes): machine.received(.body(bytes))
      case .end(let trailers): machine.received(.end(trailers))
      }
      perform(context)
    } else if case .byteBuffer(var bytes)? = value as? IOData, machine.keepsLeftovers {
      leftovers.writeBuffer(&bytes)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    machine.readCompleted()
    perform(context)
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    perform(context)
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed:
      machine.received(.inputClosed)
      perform(context)
    case is ChannelShouldQuiesceEvent:
      machine.quiesce(at: context.eventLoop.now)
      perform(context)
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError: machine.received(.fault(.headTooLarge))
    case is HTTPParserError: machine.received(.fault(.notHTTP))
    // What comes behind a fault is passed over: the answers up to it are still to go out.
    case ByteToMessageDecoderError.dataReceivedInErrorState: return
    default: return context.close(promise: nil)
    }
    perform(context)
  }

  // MARK: Outbound

  /// Withholds reads while nothing more can be used: the peer's requests wait in its own socket.
  func read(context: ChannelHandlerContext) {
    guard machine.wantsBytes(isWritable: context.channel.isWritable) else {
      isReadPending = true
      return
    }
    isReadPending = false
    context.read()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      guard machine.responds(&head) else { return discard(promise) }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body:
      guard machine.writesBody else {
        // An answer to HEAD goes on without its body.
        if case .exchange = machine.state { promise?.succeed() } else { discard(promise) }
        return
      }
      context.write(data, promise: promise)
    case .end:
      switch machine.responseEnds(at: context.eventLoop.now) {
      case .discard: return discard(promise)
      case .write: context.write(data, promise: promise)
      case .writeAndClose:
        let written = promise ?? context.eventLoop.makePromise()
        linger(after: written, context)
        context.write(data, promise: written)
      }
      perform(context)
    }
  }

  func flush(context: ChannelHandlerContext) {
    context.flush()
    schedule(context)
  }

  private func discard(_ promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.outputClosed) }

  // MARK: Steps

  /// Takes steps until none is left. One may lead back here: the outer call goes on then.
  private func perform(_ context: ChannelHandlerContext) {
    guard !isPerforming else { return }
    isPerforming = true
    while let action = machine.next(isWritable: context.channel.isWritable, at: context.eventLoop.now) { perform(action, context) }
    isPerforming = false
    if isReadPending { read(context: context) }
    schedule(context)
  }

  private func perform(_ action: HTTPConnectionStateMachine.Action, _ context: ChannelHandlerContext) {
    switch action {
    case .forward(let part):
      if !hasFallback {
        hasFallback = true
        do { try fallback(context.channel) } catch { return context.close(promise: nil) }
      }
      context.fireChannelRead(wrapInboundOut(part))
      if case .end = part { context.fireChannelReadComplete() }
    case .writeContinue:
      context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    case .removeDecoder: removeDecoder(context)
    case .decide(let head, let handshake): decide(head, handshake, context)
    case .reply(let reply, let toHEAD): write(reply, toHEAD: toHEAD, context)
    case .closeAfterWrites:
      let closed = context.eventLoop.makePromise(of: Void.self)
      linger(after: closed, context)
      context.flush()
      context.close(mode: .output, promise: closed)
    case .close: context.close(promise: nil)
    }
  }

  /// Flushes the decoder before the next step, as bytes of a WebSocket or as a part that refuses the handshake.
  private func removeDecoder(_ context: ChannelHandlerContext) {
    context.pipeline.syncOperations.removeHandler(decoder).assumeIsolated().whenComplete { [self] _ in
      machine.decoderRemoved()
      perform(context)
    }
  }

  private func decide(_ head: HTTPRequestHead, _ handshake: ServerHandshake, _ context: ChannelHandlerContext) {
    let request = UpgradeRequest(
      head: HTTPRequest(head, isSecure: isSecure), remoteAddress: context.remoteAddress, isSecure: isSecure,
      offeredSubprotocols: handshake.subprotocols)
    switch upgrader.decide(request, context.eventLoop) {
    case .refuse(let reply, let delay): machine.refuse(reply, at: context.eventLoop.now + delay)
    case .accept(let headers, let subprotocol, let configuration, let open):
      machine.accepted()
      let chosen = subprotocol.flatMap { handshake.subprotocols.contains($0) ? $0 : nil }
      let connection = WebSocketConnection(role: .server, configuration: configuration, isSecure: isSecure)
      // Whether or not there is a peer left, `open` is called: its owner has made room.
      try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
      let pipeline = context.pipeline.syncOperations
      pipeline.removeHandler(wire, promise: nil)
      do { try pipeline.addHandler(connection, position: .before(encoder)) } catch { context.close(promise: nil) }
      connection.write(raw: handshake.response(subprotocol: chosen, headers: headers))
      pipeline.removeHandler(encoder, promise: nil)
      pipeline.removeHandler(context: context, promise: nil)
      if leftovers.readableBytes > 0 { connection.early = leftovers }
      connection.start(open(connection, context.eventLoop))
      connection.flush()
      if isReadPending { context.channel.read() }
    }
  }

  private func write(_ reply: HTTPReply, toHEAD: Bool, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(reply.head(closes: true))), promise: nil)
    if !toHEAD { context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil) }
    let written = context.eventLoop.makePromise(of: Void.self)
    linger(after: written, context)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }

  /// Closes this side once all is written, and the rest when the peer is done or a little later: closing at once would
  /// reset the connection under a peer that is still sending, and the reply would be lost.
  private func linger(after written: EventLoopPromise<Void>, _ context: ChannelHandlerContext) {
    written.futureResult.assumeIsolated().whenComplete { [self] _ in
      context.close(mode: .output, promise: nil)
      machine.lastAnswerWritten(at: context.eventLoop.now)
      perform(context)
    }
  }

  // MARK: Deadlines

  /// Keeps one timer for the machine's deadline and for bytes that stand still. It is rescheduled only when it fires where they only move
  /// later.
  private func schedule(_ context: ChannelHandlerContext) {
    let now = context.eventLoop.now
    var next = machine.deadline
    let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    if stall.checked(written: wire.bytes - buffered, buffered: buffered, at: now) { return context.close(promise: nil) }
    if buffered > 0 { next = min(next, stall.deadline(after: now)) }
    if timer != nil, timerDeadline <= next { return }
    timer?.cancel()
    timer = nil
    guard next < .distantFuture else { return }
    timerDeadline = next
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [self] in
      timer = nil
      if let action = machine.deadlinePassed(at: context.eventLoop.now) { perform(action, context) }
      perform(context)
    }
  }
}
