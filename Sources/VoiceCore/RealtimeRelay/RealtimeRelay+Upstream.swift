import Logging
import NIOCore

/// Upstream's side of a session, as its connection sees it.
final class UpstreamLeg: RealtimeConnectionDelegate {
  private let session: RealtimeRelay
  init(session: RealtimeRelay) { self.session = session }

  /// False once another connection took this one's place: nothing that it says counts any more.
  private var isCurrent: Bool { session.upstreamLeg === self }

  func received(_ message: RealtimeMessage) { if isCurrent { session.upstreamSent(message) } }
  func readCompleted() { if isCurrent { session.upstreamReadCompleted() } }
  /// A slow upstream stops the reading from the client: TCP pushes back.
  func writabilityChanged(_ isWritable: Bool) { if isCurrent, session.machine.isOpen { session.setClientReading() } }
  /// As good as lost: the client must not be told that it broke the protocol.
  func peerFailed(_ closure: WebSocketClosure) { if isCurrent { session.perform(session.machine.upstreamClosed(.abnormal)) } }
  func closed(_ closure: WebSocketClosure) { if isCurrent { session.perform(session.machine.upstreamClosed(closure)) } }
}

extension RealtimeRelay {
  func upstreamSent(_ message: RealtimeMessage) {
    let kind: EventKind
    switch EventScanner.scanFirst(message.bytes) {
    case .event(let found): kind = found
    case .untyped, .ambiguous, .malformed: kind = .unknown
    case .excessive: return logger.warning("an event of upstream is not relayed: it is nested too deep, or has too many values")
    }
    switch machine.upstreamSent(kind) {
    case .forward: forwardToClient(message, kind)
    case .open:
      start()
      readExpiry(message.bytes)
      held.forEach(sendToClient)
      held = []
      forwardToClient(message, kind)
      client.flush()
      releaseKept()
    case .reopen:
      follow(message, kind)
      reopen(message.bytes)
    case .hold: hold(message)
    case .discard: break
    }
  }

  private func hold(_ message: RealtimeMessage) {
    held.append(message)
    if held.reduce(0, { $0 + $1.bytes.readableBytes }) > configuration.heldBytes { end(.upstreamUnavailable) }
  }

  private func forwardToClient(_ message: RealtimeMessage, _ kind: EventKind) {
    let bytes = message.bytes.readableBytes
    traffic.messagesToClient += 1
    traffic.bytesToClient += bytes
    counters.bytesToClient += bytes
    switch kind {
    case .outputAudioDelta:
      traffic.audioChunksToClient += 1
      counters.audioChunksToClient += 1
      answerAudioBytes += bytes
      if let muted = turns.interruptedResponse, message.audioResponseID == muted {
        traffic.droppedAudioChunks += 1
        return
      }
      sendToClient(message)
      if configuration.hasVoiceEvents { readAudio(message) }
      if turns.wantsFirstOutput { reportFirstOutput() }
    case .outputTextDelta:
      sendToClient(message)
      if turns.wantsFirstOutput { reportFirstOutput() }
    default:
      // Before the message goes: what is dropped must not stand in its way. Its consequences come after it.
      if kind == .speechStarted { speechStarted() }
      var actions: [ConversationStateMachine.Action] = []
      switch conversation.upstreamSent(kind, message.bytes, &actions) {
      case .pass: sendToClient(message)
      case .show(let bytes): sendToClient(RealtimeMessage(bytes))
      case .hide: break
      }
      follow(message, kind)
      perform(actions)
      if prefetch != nil { followForPrefetch(message, kind) }
    }
  }

  func upstreamReadCompleted() {
    client.flush()
    reportTraffic()
  }

  // MARK: What the relay learns on the way

  private func speechStarted() {
    input.speechStarted()
    if let cut = playback.interrupted(at: eventLoop.now) { perform([.sendUpstream(conversation.truncation(cut))]) }
    guard let response = turns.speechStarted() else { return }
    traffic.droppedAudioChunks += outbox.dropAudio(of: response)
    counters.interruptions += 1
    observer.observed(.interrupted, in: context)
  }

  /// Keeps the playback clock: how long the audio is that the client was sent.
  private func readAudio(_ message: RealtimeMessage) {
    let now = eventLoop.now
    let bytesPerMillisecond = audioBytesPerMillisecond
    message.bytes.withJSON { event -> Void? in
      guard let item = event.member("item_id")?.string, let delta = event.member("delta") else { return nil }
      // Base64: four characters for three bytes; the padding is less than a sample's worth.
      let bytes = Double(max(0, delta.range.count - 2)) * 0.75
      playback.audioArrived(
        item: item, contentIndex: event.member("content_index")?.integer ?? 0, milliseconds: bytes / bytesPerMillisecond, at: now)
      return nil
    }
  }

  private func reportFirstOutput() {
    guard let metrics = turns.firstOutputArrived(at: eventLoop.now) else { return }
    observer.observed(.turn(metrics), in: context)
    sendVoiceEvent { GatewayEvent.turnMetrics(metrics, id: $0) }
  }

  /// Reads the few events that the relay's own books are kept from; all others passed by unread.
  private func follow(_ message: RealtimeMessage, _ kind: EventKind) {
    switch kind {
    case .sessionCreated, .sessionUpdated: readSession(message)
    case .speechStopped:
      turns.speechStopped(at: eventLoop.now)
      input.speechStopped(at: message.bytes.withJSON { $0.member("audio_end_ms")?.number.map { $0 / 1_000 } })
    case .inputAudioCommitted:
      turns.committed(at: eventLoop.now)
      let item = message.bytes.withJSON { $0.member("item_id")?.string }
      if let item { input.committed(item: item, awaitsTranscript: transcriptionModel != nil) }
    case .responseCreated: readResponseCreated(message)
    case .responseDone: readResponseDone(message)
    case .transcriptionCompleted:
      inputWasTranscribed(message)
      readTranscription(message)
    case .transcriptionFailed: inputWasTranscribed(message)
    case .error:
      let code = message.bytes.withJSON { $0.member("error")?.member("code")?.string } ?? "unknown"
      observer.observed(.error(code: code), in: context)
      if UpstreamErrorClass(code: code) == .fatal { logger.warning("upstream gives up", metadata: ["code": "\(code)"]) }
      if code == "input_audio_buffer_commit_empty" { input.commitFailed() }
    default: break
    }
  }

  private func readSession(_ message: RealtimeMessage) {
    message.bytes.withJSON { event in
      guard let session = event.member("session") else { return nil as Void? }
      if let model = session.member("model")?.string { context.model = model }
      let input = session.member("audio")?.member("input")
      transcriptionModel = input?.member("transcription")?.member("model")?.string
      let format = session.member("audio")?.member("output")?.member("format")?.member("type")?.string
      // PCM16 at 24 kHz, or G.711 at 8 kHz.
      audioBytesPerMillisecond = format == nil || format == "audio/pcm" ? 48 : 8
      let inputFormat = input?.member("format")?.member("type")?.string
      inputAudioBytesPerSecond = inputFormat == nil || inputFormat == "audio/pcm" ? 48_000 : 8_000
      self.input.isManual = input?.member("turn_detection")?.json == "null"
      turns.interruptsResponse = input?.member("turn_detection")?.member("interrupt_response")?.bool ?? true
      return nil
    }
  }

  private func readResponseCreated(_ message: RealtimeMessage) {
    answerAudioBytes = 0
    guard let found = message.bytes.responseIdentity else { return }
    turns.responseCreated(found.id, isOutOfBand: found.isOutOfBand, at: eventLoop.now)
    if !found.isOutOfBand { input.answerBegan() }
  }

  private func readResponseDone(_ message: RealtimeMessage) {
    let found = message.bytes.withJSON { event -> (id: String, status: String, usage: TokenUsage?)? in
      guard let response = event.member("response"), let id = response.member("id")?.string else { return nil }
      // Some servers put it beside the response.
      let usage = response.member("usage").flatMap(TokenUsage.init(json:)) ?? event.member("usage").flatMap(TokenUsage.init(json:))
      return (id, response.member("status")?.string ?? "unknown", usage)
    }
    guard let found else { return }
    if let usage = found.usage {
      counters.usage.add(usage)
      spend(configuration.prices.cost(of: usage, model: context.model))
    }
    observer.observed(.responseDone(status: found.status, usage: found.usage), in: context)
    guard turns.responseDone(found.id) else { return }
    if found.status != "cancelled" { input.answered() }
    counters.turns += 1
    checkpoint()
    if let action = clock.turnEnded() { perform([action]) }
  }

  /// What was heard of an answer whose end nobody will tell: the provider counts a token for 50 ms. Envelopes are a small part.
  func countLostAnswer() {
    var usage = TokenUsage()
    usage.outputAudio = Int(Double(answerAudioBytes) * 0.75 / audioBytesPerMillisecond / 50)
    usage.total = usage.outputAudio
    answerAudioBytes = 0
    guard usage.total > 0 else { return }
    counters.usage.add(usage)
    spend(configuration.prices.cost(of: usage, model: context.model))
    observer.observed(.responseDone(status: "lost", usage: usage), in: context)
  }

  /// Counts a cost in US dollars; nil: the price is not known.
  private func spend(_ cost: Double?) {
    counters.spent(cost)
    guard configuration.reportsCost, let cost, cost > 0 else { return }
    spent = min(spent + cost, 1e9)
    owner.spent(spent)
  }

  private func inputWasTranscribed(_ message: RealtimeMessage) {
    if let item = message.bytes.withJSON({ $0.member("item_id")?.string }) { input.transcribed(item: item) }
  }

  private func readTranscription(_ message: RealtimeMessage) {
    let seconds = message.bytes.withJSON { event -> Double? in
      let usage = event.member("usage")
      // Models that are billed by tokens hear ten a second.
      return usage?.member("seconds")?.seconds
        ?? usage?.member("input_token_details")?.member("audio_tokens")?.count.map { Double($0) / 10 }
    }
    if let seconds { transcribed(seconds: min(seconds, 86_400), model: transcriptionModel ?? "unknown") }
  }

  /// Input transcription is billed apart, wherever it was made.
  func transcribed(seconds: Double, model: String) {
    spend(configuration.prices.cost(ofSeconds: seconds, model: model))
    observer.observed(.transcribed(model: model, seconds: seconds), in: context)
  }
}
