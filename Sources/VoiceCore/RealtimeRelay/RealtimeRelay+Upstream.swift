import Logging
import NIOCore

/// Events of upstream.
extension RealtimeRelay {
  func upstreamSent(_ message: RealtimeMessage) {
    let kind: EventKind
    switch EventScanner.scanFirst(message.bytes) {
    case .event(let found): kind = found
    case .untyped, .ambiguous, .malformed: kind = .unknown
    case .excessive: return logger.warning("an event of upstream is not relayed: it is nested too deep, or has too many values")
    }
    switch core.life.upstreamSent(kind) {
    case .forward: forwardToClient(message, kind)
    case .open: open(message)
    case .reopen: reopen(message)
    case .hold: if !(upstream?.hold(withoutSecrets(message), limit: configuration.heldBytes) ?? true) { end(.upstreamUnavailable) }
    case .discard: break
    }
  }

  /// The first event of all: the session begins.
  private func open(_ message: RealtimeMessage) {
    guard let link = upstream else { return }
    link.leg?.opening.cancel()
    start(link)
    link.takeHeld().forEach(sendToClient)
    forwardToClient(message, .sessionCreated)
    client.flush()
    releaseEarly()
  }

  private func forwardToClient(_ message: RealtimeMessage, _ kind: EventKind) {
    switch kind {
    case .outputAudioDelta: forwardAudio(message)
    case .outputTextDelta:
      core.meter.countToClient(message, isAudio: false)
      sendToClient(withoutSecrets(message))
      if core.conversation.book.times.wantsFirstOutput { reportFirstOutput() }
    default:
      core.meter.countToClient(message, isAudio: false)
      let shown = withoutSecrets(message)
      if kind.isServerControl { follow(shown, kind) } else { sendToClient(shown) }
    }
  }

  /// The hot path of an answer: what upstream says is audio.
  private func forwardAudio(_ message: RealtimeMessage) {
    core.meter.countToClient(message, isAudio: true)
    let audio = core.meter.readAudio(message)
    core.conversation.book.audioRelayed(characters: audio?.characters ?? message.bytes.readableBytes, of: audio?.delta.response)
    if let muted = core.conversation.book.muted, audio?.delta.response == muted {
      core.meter.traffic.droppedAudioChunks += 1
      return
    }
    sendToClient(message)
    if let audio, let item = audio.delta.item {
      core.conversation.playback.audioArrived(
        item: item, contentIndex: audio.delta.contentIndex, milliseconds: audio.milliseconds, at: eventLoop.now)
    }
    if core.conversation.book.times.wantsFirstOutput { reportFirstOutput() }
  }

  /// A control event: decoded once, shown as the conversation has it, and then its consequences.
  private func follow(_ message: RealtimeMessage, _ kind: EventKind) {
    let event = ControlEvent.server(kind, message.bytes)
    var actions: [ConversationStateMachine.Action] = []
    let visibility = core.conversation.upstreamSent(event, message.bytes, at: eventLoop.now, &actions)
    settingsChanged(event)
    // Before the message goes: what is dropped must not stand in its way.
    perform(actions.filter(\.goesFirst))
    switch visibility {
    case .pass: sendToClient(message)
    case .show(let bytes): sendToClient(RealtimeMessage(bytes))
    case .hide: break
    }
    perform(actions.filter { !$0.goesFirst })
    if prefetch != nil { followForPrefetch(event, message) }
    endIfDrained()
  }

  func upstreamReadCompleted() {
    client.flush()
    reportTraffic()
  }

  func upstreamWritabilityChanged() { if core.isOpen { setClientReading() } }

  // MARK: Consequences

  private func settingsChanged(_ event: ControlEvent.Server) {
    switch event {
    case .sessionCreated(let settings), .sessionUpdated(let settings):
      if let model = settings.model { core.session.context.model = model }
      core.meter.settingsChanged(core.conversation.policy.inForce)
      guard case .sessionCreated = event else { return }
      core.clock.upstreamOpened(expiry: settings.expiresAt.map(deadline(of:)), at: eventLoop.now)
      setAlarm()
    default: break  // Kinds are an open set.
    }
  }

  /// The user spoke over an answer: what of it waits for the client goes.
  func dropAudio(isInterruption: Bool) {
    let kept = core.conversation.book.making.filter(\.isOutOfBand).map(\.id)
    core.meter.traffic.droppedAudioChunks += client.dropAudio { !kept.contains($0) }
    guard isInterruption else { return }
    core.meter.counters.interruptions += 1
    observe(.interrupted)
  }

  private func reportFirstOutput() {
    guard let metrics = core.conversation.book.times.firstOutputArrived(at: eventLoop.now) else { return }
    observe(.turn(metrics))
    sendVoiceEvent { GatewayEvent.turnMetrics(metrics, id: $0) }
  }

  /// Some servers quote the credentials that they refuse.
  private func withoutSecrets(_ message: RealtimeMessage) -> RealtimeMessage {
    guard let mask = upstream?.mask, mask.finds(in: message.bytes.readableBytesView) else { return message }
    return RealtimeMessage(ByteBuffer(bytes: mask.masked(Array(message.bytes.readableBytesView))))
  }
}

extension ConversationStateMachine.Action {
  fileprivate var goesFirst: Bool { if case .dropAudio = self { true } else { false } }
}
