import Logging
import NIOCore

/// Events of the client.
extension RealtimeRelay {
  func clientSent(_ message: RealtimeMessage) {
    client.arrived.events += 1
    client.arrived.bytes += message.bytes.readableBytes
    judge(message)
  }

  private func judge(_ message: RealtimeMessage) {
    guard message.isText else { return perform(core.life.clientSentBinary(), message, .unknown) }
    var scan = EventScanner.scanWhole(message.bytes, limits: configuration.eventLimits)
    let kind = if case .event(let kind) = scan { kind } else { EventKind.unknown }
    if message.bytes.readableBytes > configuration.eventLimits.bytes, !message.mayBeLarge(kind) { scan = .excessive }
    perform(core.life.clientSent(scan), message, kind)
  }

  /// Counts like messages against the client's rate.
  func clientSent(otherFrames count: Int) { client.arrived.events += count }

  private func perform(_ action: RelayLifecycleStateMachine.ClientAction, _ message: RealtimeMessage, _ kind: EventKind) {
    switch action {
    case .forward: forwardToUpstream(message, kind)
    case .keep:
      core.clock.clientWasActive()
      if !client.keep(message) { setClientReading() }
    case .discard: break
    case .refuse(let mistake):
      core.meter.countFromClient(message, isAudio: kind == .inputAudioAppend)
      observe(.error(code: "invalid_event"))
      sendToClient(GatewayEvent.refusal(of: mistake, id: newEventID()))
      client.flush()
    case .answerPing:
      let id = message.bytes.withJSON { $0.member("event_id")?.string }
      sendToClient(GatewayEvent.pong(clientEventID: id, id: newEventID()))
      client.flush()
    case .takePartialTranscript:
      core.clock.clientWasActive()
      readPartialTranscript(message)
    case .takePlayback:
      core.clock.clientWasActive()
      readPlayback(message)
    case .refreshToken:
      core.clock.clientWasActive()
      offerToken(message)
    case .end(let reason): end(reason)
    }
  }

  private func forwardToUpstream(_ message: RealtimeMessage, _ kind: EventKind) {
    if prefetch != nil, waitsForContext(message, kind) { return }
    core.meter.countFromClient(message, isAudio: kind == .inputAudioAppend)
    core.clock.clientWasActive()
    guard kind != .inputAudioAppend else { return appendAudio(message) }
    if kind == .inputAudioClear { prefetch?.transcription?.audioCleared() }
    say(message, kind)
  }

  /// The hot path of a client: what it says is audio.
  private func appendAudio(_ message: RealtimeMessage) {
    client.arrived.audioBytes += message.bytes.readableBytes
    core.conversation.audioAppended(message, seconds: Double(message.appendedAudioBytes) / core.meter.inputBytesPerSecond)
    upstream?.send(message)
    prefetch?.transcription?.audioAppended(message.bytes)
  }

  /// An event of the client goes upstream, as the conversation has it.
  private func say(_ message: RealtimeMessage, _ kind: EventKind) {
    guard kind.isClientControl else { return upstream?.send(message) ?? () }
    var actions: [ConversationStateMachine.Action] = []
    let decoded = ControlEvent.client(kind, message.bytes)
    let visibility = core.conversation.clientSent(decoded, message.bytes, at: eventLoop.now, &actions)
    perform(actions)
    switch visibility {
    case .pass: upstream?.send(message)
    case .show(let bytes): upstream?.send(RealtimeMessage(bytes))
    case .hide: client.flush()
    }
    endIfDrained()
  }

  /// Sends an event again that another upstream was sent and did not confirm.
  func sayAgain(_ bytes: ByteBuffer) {
    guard case .event(let kind) = EventScanner.scanFirst(bytes) else { return }
    say(RealtimeMessage(bytes), kind)
  }

  private func readPlayback(_ message: RealtimeMessage) {
    let report = message.bytes.withJSON { event -> (item: String, heard: Double)? in
      guard let item = event.member("item_id")?.string, let heard = event.member("audio_end_ms")?.number else { return nil }
      return (item, heard)
    }
    if let report { core.conversation.playback.reported(item: report.item, milliseconds: report.heard, at: eventLoop.now) }
  }

  private func offerToken(_ message: RealtimeMessage) {
    guard let token = message.bytes.withJSON({ $0.member("token")?.string }) else { return tokenRefused() }
    owner.offered(Secret(token))
  }

  /// The token that was offered is no good: said once, and the old deadline stands.
  func tokenRefused() {
    sendToClient(
      GatewayEvent.error(
        type: "invalid_request_error", code: CloseReason.tokenInvalid.label, message: CloseReason.tokenInvalid.closure.reason,
        clientEventID: nil, id: newEventID()))
    client.flush()
  }

  // MARK: Reading

  func clientReadCompleted() {
    upstream?.flush()
    reportTraffic()
    guard let wait = client.readCompleted(audioBytesPerSecond: core.meter.inputBytesPerSecond, at: eventLoop.now) else { return }
    logger.debug("client exceeds its rate, pausing reads", metadata: ["wait_ms": "\(wait.nanoseconds / 1_000_000)"])
    client.pauseReading(for: wait) { self.setClientReading() }
    setClientReading()
  }

  func clientBecameWritable() {
    client.flushOutbox()
    reportTraffic()
  }

  /// Reads from the client unless something stands in the way: otherwise TCP pushes back.
  func setClientReading() {
    guard core.life.closeReason == nil else { return }
    let hasRoom = core.isOpen ? upstream?.isWritable ?? false : !client.keepsTooMuch && core.session.startedAt != nil
    let waits = prefetch.map { $0.waitingBytes > configuration.keptBytes } ?? false
    client.setReading(hasRoom && !waits)
  }

  /// Sends what the client said early, behind upstream's first event.
  func releaseEarly() {
    for message in client.takeEarly() { judge(message) }
    setClientReading()
    upstream?.flush()
  }
}
