import Logging
import NIOCore

extension RealtimeRelay {
  func clientSent(_ message: RealtimeMessage) {
    arrived.events += 1
    arrived.bytes += message.bytes.readableBytes
    guard message.isText else { return perform(machine.clientSentBinary(), message, .unknown) }
    var scan = EventScanner.scanWhole(message.bytes, limits: configuration.eventLimits)
    let kind = if case .event(let kind) = scan { kind } else { EventKind.unknown }
    if message.bytes.readableBytes > configuration.eventLimits.bytes, !message.mayBeLarge(kind) { scan = .excessive }
    perform(machine.clientSent(scan), message, kind)
  }

  private func perform(_ action: RelayStateMachine.ClientAction, _ message: RealtimeMessage, _ kind: EventKind) {
    switch action {
    case .forward: forwardToUpstream(message, kind)
    case .keep: keep(message)
    case .discard: break
    case .refuse(let mistake):
      countFromClient(message, kind)
      sendToClient(refusal(of: message, mistake))
      client.flush()
    case .answerPing:
      let id = message.bytes.withJSON { $0.member("event_id")?.string }
      sendToClient(GatewayEvent.pong(clientEventID: id, id: newEventID()))
      client.flush()
    case .takePartialTranscript:
      clock.clientWasActive()
      readPartialTranscript(message)
    case .takePlayback:
      clock.clientWasActive()
      readPlayback(message)
    case .refreshToken:
      clock.clientWasActive()
      offerToken(message)
    case .end(let reason): end(reason)
    }
  }

  /// Held until upstream is there. Its bound is met by not reading on: TCP pushes back, and nothing is lost.
  private func keep(_ message: RealtimeMessage) {
    kept.append(message)
    keptBytes += message.bytes.readableBytes
    if keptBytes > configuration.keptBytes { setClientReading() }
  }

  /// Held as ``keep(_:)`` does, before what was kept so far.
  func keepBefore(_ messages: [RealtimeMessage]) {
    kept.insert(contentsOf: messages, at: 0)
    keptBytes += messages.reduce(0) { $0 + $1.bytes.readableBytes }
    setClientReading()
  }

  private func forwardToUpstream(_ message: RealtimeMessage, _ kind: EventKind) {
    if prefetch != nil, waitsForContext(message, kind) { return }
    countFromClient(message, kind)
    clock.clientWasActive()
    guard kind != .inputAudioAppend else {
      arrived.audioBytes += message.bytes.readableBytes
      input.appended(message, seconds: Double(message.appendedAudioBytes) / inputAudioBytesPerSecond)
      upstream?.send(message)
      prefetch?.transcription?.audioAppended(message.bytes)
      return
    }
    switch kind {
    case .responseCreate: turns.responseRequested(at: eventLoop.now)
    case .inputAudioCommit: input.commitRequested(message)
    case .inputAudioClear:
      input.clearRequested()
      prefetch?.transcription?.audioCleared()
    default: break
    }
    var actions: [ConversationStateMachine.Action] = []
    let visibility = conversation.clientSent(kind, message.bytes, &actions)
    perform(actions)
    switch visibility {
    case .pass: upstream?.send(message)
    case .show(let bytes): upstream?.send(RealtimeMessage(bytes))
    case .hide: client.flush()
    }
  }

  private func countFromClient(_ message: RealtimeMessage, _ kind: EventKind) {
    let bytes = message.bytes.readableBytes
    traffic.messagesFromClient += 1
    traffic.bytesFromClient += bytes
    counters.bytesFromClient += bytes
    if kind == .inputAudioAppend {
      traffic.audioChunksFromClient += 1
      counters.audioChunksFromClient += 1
    }
  }

  private func refusal(of message: RealtimeMessage, _ mistake: RelayStateMachine.ClientMistake) -> RealtimeMessage {
    let text =
      switch mistake {
      case .binary: "Expected a text WebSocket message; binary frames are not supported."
      case .malformed: "Invalid event: failed to parse JSON value. Please check the value to ensure it is valid JSON."
      case .ambiguous: "Invalid event: the parameter 'type' is given twice."
      case .excessive: "Invalid event: it is too large, nested too deep, or has too many values."
      }
    observer.observed(.error(code: "invalid_event"), in: context)
    return GatewayEvent.error(type: "invalid_request_error", code: "invalid_event", message: text, clientEventID: nil, id: newEventID())
  }

  private func readPlayback(_ message: RealtimeMessage) {
    let report = message.bytes.withJSON { event -> (item: String, heard: Double)? in
      guard let item = event.member("item_id")?.string, let heard = event.member("audio_end_ms")?.number else { return nil }
      return (item, heard)
    }
    if let report { playback.reported(item: report.item, milliseconds: report.heard) }
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

  func clientReadCompleted() {
    upstream?.flush()
    reportTraffic()
    if rate != nil { limitRate() }
  }

  private func limitRate() {
    // Base64: three bytes in four characters.
    let audioSeconds = Double(arrived.audioBytes) * 0.75 / inputAudioBytesPerSecond
    let wait = rate?.received(events: arrived.events, bytes: arrived.bytes, audioSeconds: audioSeconds, at: eventLoop.now)
    arrived = (0, 0, 0)
    guard let wait, pause == nil else { return }
    logger.debug("client too fast, not read for a while", metadata: ["wait_ms": "\(wait.nanoseconds / 1_000_000)"])
    pause = eventLoop.assumeIsolated().scheduleTask(in: wait) {
      self.pause = nil
      self.setClientReading()
    }
    setClientReading()
  }

  /// Reads from the client unless something stands in the way: all that does not is told to wait by TCP.
  func setClientReading() {
    guard machine.closeReason == nil else { return }
    let hasRoom = machine.isOpen ? upstream?.isWritable ?? false : keptBytes <= configuration.keptBytes && startedAt != nil
    let waits = prefetch.map { $0.waitingBytes > configuration.keptBytes } ?? false
    client.setReading(hasRoom && pause == nil && !waits)
  }

  /// What the client said early goes out behind upstream's first event.
  func releaseKept() {
    let messages = kept
    kept = []
    keptBytes = 0
    for message in messages { clientSent(message) }
    setClientReading()
    upstream?.flush()
  }
}
