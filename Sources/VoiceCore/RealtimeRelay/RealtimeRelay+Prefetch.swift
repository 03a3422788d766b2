import Logging
import NIOCore

/// Context for the answers: what upstream and the client say goes to the ``ContextPrefetcher``, and what that says is done.
extension RealtimeRelay {
  /// One event for the prefetcher, and what comes of it.
  func prefetched(_ event: ContextEvent) {
    guard let prefetch else { return }
    for action in prefetch.prefetcher.received(event, at: eventLoop.now) { perform(action) }
    setPrefetchAlarm()
  }

  private func perform(_ action: ContextAction) {
    switch action {
    case .ask(let id, let query):
      counters.retrievals += 1
      prefetch?.worker.ask(id, query)
    case .cancel(let id): prefetch?.worker.cancel(id)
    case .inject(let id, let text): perform(conversation.inject(context: id, text))
    case .withdraw(let id): perform(conversation.withdraw(context: id))
    case .hold: prefetch?.isRequestHeld = true
    case .release: releaseWaiting()
    case .settle(let outcome): settle(outcome)
    case .queried(let metrics): observer.observed(.queried(metrics), in: context)
    }
  }

  private func settle(_ outcome: ContextOutcome) {
    turns.contextSettled(waited: outcome.waited, at: eventLoop.now)
    // A request of the client's own answers the turn: the gateway makes none then.
    releaseWaiting()
    perform(conversation.contextSettled(item: outcome.item))
    observer.observed(.retrieval(outcome.metrics), in: context)
    sendVoiceEvent { GatewayEvent.context(outcome, id: $0) }
    client.flush()
  }

  private func setPrefetchAlarm() {
    let next = machine.closeReason == nil ? prefetch?.prefetcher.nextDeadline : nil
    if let alarm = prefetch?.alarm {
      if alarm.at == next { return }
      alarm.task.cancel()
      prefetch?.alarm = nil
    }
    guard let next else { return }
    let task = eventLoop.assumeIsolated().scheduleTask(deadline: next) {
      self.prefetch?.alarm = nil
      self.prefetched(.deadlinePassed)
    }
    prefetch?.alarm = (next, task)
  }

  func stopPrefetch() {
    prefetch?.worker.stop()
    prefetch?.alarm?.task.cancel()
    prefetch?.transcription?.stop()
    prefetch = nil
  }

  // MARK: From the retriever

  func retrieved(_ id: Int, _ result: Result<[Passage], RetrievalError>) {
    if case .failure(let error) = result {
      logger.debug("retrieval failed", metadata: ["error": "\(error)"])
      observer.observed(.error(code: "retrieval_\(error.code)"), in: context)
    }
    prefetched(.retrieved(id: id, result))
  }

  // MARK: From upstream

  /// Reads the events that words and turns are told by. Commits come from the conversation, which knows whose answer they wait for.
  func followForPrefetch(_ message: RealtimeMessage, _ kind: EventKind) {
    guard let prefetch else { return }
    switch kind {
    case .sessionCreated, .sessionUpdated:
      if let parallel = configuration.parallelTranscription, prefetch.transcription == nil {
        prefetch.transcription = TranscriptionLeg(parallel, session: self)
      }
      prefetch.transcription?.sessionEchoed(message.bytes)
    case .speechStarted:
      prefetch.transcription?.speechStarted()
      prefetched(.speechStarted(item: message.bytes.withJSON { $0.member("item_id")?.string }))
    case .speechStopped: prefetched(.speechStopped(item: message.bytes.withJSON { $0.member("item_id")?.string }))
    case .inputAudioCommitted: prefetch.transcription?.committed()
    case .transcriptionDelta: readWords(message, .delta)
    case .transcriptionCompleted: readWords(message, .completed)
    case .transcriptionFailed: readWords(message, .failed)
    case .responseCreated: if message.bytes.responseIdentity?.isOutOfBand == false { prefetched(.answerBegan) }
    case .responseDone: if message.bytes.responseIdentity?.isOutOfBand == false { prefetched(.answerEnded) }
    case .error: prefetched(.commitRefused)
    default: break
    }
  }

  private func readWords(_ message: RealtimeMessage, _ kind: HeardWords.Kind) {
    let heard = message.bytes.withJSON { event -> HeardWords? in
      guard let item = event.member("item_id")?.string else { return nil }
      return HeardWords(
        (event.member("delta") ?? event.member("transcript"))?.string ?? "", item: item,
        contentIndex: event.member("content_index")?.integer ?? 0, source: .upstream, kind: kind)
    }
    if let heard { prefetched(.heard(heard)) }
  }

  // MARK: From the client

  func readPartialTranscript(_ message: RealtimeMessage) {
    guard prefetch != nil else { return }
    let heard = message.bytes.withJSON { event -> HeardWords? in
      guard let text = event.member("text")?.string else { return nil }
      return HeardWords(text, source: .client, kind: event.member("is_final")?.bool ?? false ? .final : .interim)
    }
    if let heard { prefetched(.heard(heard)) }
  }

  /// Whether the message waits: a client that asks for its answers itself gets the context too, and what it says keeps its order.
  func waitsForContext(_ message: RealtimeMessage, _ kind: EventKind) -> Bool {
    guard let prefetch else { return false }
    guard prefetch.waiting.isEmpty else {
      prefetch.keep(message)
      if prefetch.waitingBytes > configuration.keptBytes { setClientReading() }
      return true
    }
    switch kind {
    case .inputAudioCommit:
      prefetched(.commitRequested)
      return false
    case .responseCreate:
      guard message.bytes.withJSON({ $0.member("response")?.member("conversation")?.string }) != "none" else { return false }
      prefetched(.answerAsked)
      guard prefetch.isRequestHeld else { return false }
      prefetch.keep(message)
      return true
    default: return false
    }
  }

  private func releaseWaiting() {
    guard let prefetch else { return }
    let waiting = prefetch.takeWaiting()
    guard !waiting.isEmpty else { return }
    // Older than what was kept since upstream was lost.
    guard machine.isOpen else { return keepBefore(waiting) }
    for message in waiting { clientSent(message) }
    setClientReading()
    upstream?.flush()
  }
}
