import NIOCore
import VoiceCore

extension WebSocketConnection {
  /// Does what the close machine says, in its order.
  func perform(_ actions: [CloseStateMachine.Action]) {
    for action in actions {
      switch action {
      case .sendClose(let closure):
        write(.close, ClosePayload.encode(closure))
        flush()
      case .notify(let closure):
        let owner = delegate
        delegate = nil
        owner?.closed(closure)
      case .startTimer:
        // The close frame may just have found TCP gone: the owner is still to be told.
        guard let context else { continue }
        // The peer's close frame, or the end of its bytes, has to be seen.
        setReading(true)
        let now = context.eventLoop.now
        closeDeadline = now + configuration.closeTimeout
        schedule(now: now)
      case .closeAfterWrites: afterWrites { $0.close(promise: nil) }
      case .shutdownAfterWrites: afterWrites { $0.close(mode: .output, promise: nil) }
      case .drop: context?.close(promise: nil)
      }
    }
  }

  /// Calls `body` once everything queued before is with the network.
  private func afterWrites(_ body: @escaping (ChannelHandlerContext) -> Void) {
    flush()
    guard let context else { return }
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [self] _ in
      if let context = self.context { body(context) }
    }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }

  // MARK: Deadlines

  /// Keeps one timer for all deadlines. They mostly move later, so it is rescheduled only when it fires.
  func schedule(now: NIODeadline) {
    guard let context else { return }
    let waiting = channelBufferedBytes
    if let stalled = stall?.checked(written: (wire?.bytes ?? queuedBytes) - waiting, buffered: waiting, at: now), stalled {
      return perform(ending.dropped())
    }
    var next = closeDeadline ?? .distantFuture
    if let heartbeat, ending.isOpen { next = min(next, heartbeat.deadline) }
    if let stall { next = min(next, stall.deadline(after: now)) }
    if timer != nil, timerDeadline <= next { return }
    timer?.cancel()
    guard next < .distantFuture else {
      timer = nil
      return
    }
    timerDeadline = next
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [self] in
      // No weak reference: it would make every retain of a connection take the slow path. The end cancels the timer.
      timer = nil
      deadlinePassed()
    }
  }

  private func deadlinePassed() {
    guard let context else { return }
    let now = context.eventLoop.now
    if let closeDeadline, now >= closeDeadline { return perform(ending.dropped()) }
    // Nothing can be heard while this side does not listen.
    if !isReading { heartbeat?.bytesReceived() }
    if drain.hasProgressed(written: (wire?.bytes ?? queuedBytes) - channelBufferedBytes, buffered: channelBufferedBytes) {
      heartbeat?.bytesReceived()
    }
    if ending.isOpen, let action = heartbeat?.deadlinePassed(at: now) {
      switch action {
      case .none: break
      case .ping:
        write(.ping, ByteBuffer())
        flush()
      case .giveUp: return perform(ending.dropped())
      }
    }
    schedule(now: now)
  }
}
