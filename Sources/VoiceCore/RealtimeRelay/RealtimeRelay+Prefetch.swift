import Logging
import NIOCore

/// Context for the answers: what upstream and the client say goes to ``PrefetchStateMachine``, and what that says is done.
extension RealtimeRelay {
  func perform(_ actions: [PrefetchStateMachine.Action]) {
    for action in actions {
      switch action {
      case .ask(let id, let text): ask(id, text)
      case .cancel(let id): prefetch?.worker.cancel(id)
      case .inject(let passages): perform(conversation.inject(passages))
      case .withdraw: perform(conversation.withdraw())
      case .settle(let outcome, let isInjected): settle(outcome, isInjected: isInjected)
      }
    }
    setPrefetchAlarm()
  }

  private func ask(_ id: Int, _ text: String) {
    guard let prefetch else { return }
    counters.retrievals += 1
    prefetch.worker.ask(
      id, RetrievalQuery(text: text, limit: prefetch.configuration.topK, timeout: prefetch.configuration.queryTimeout))
  }

  private func settle(_ outcome: ContextOutcome, isInjected: Bool) {
    if !isInjected { perform(conversation.inject(outcome.passages)) }
    turns.contextSettled(waited: outcome.waited, at: eventLoop.now)
    perform(conversation.contextSettled(item: outcome.item))
    releaseWaiting()
    observer.observed(.retrieval(outcome.metrics), in: context)
    sendVoiceEvent { GatewayEvent.context(outcome, id: $0) }
    client.flush()
  }

  private func setPrefetchAlarm() {
    let next = machine.closeReason == nil ? prefetch?.machine.nextDeadline : nil
    if let alarm = prefetch?.alarm {
      if alarm.at == next { return }
      alarm.task.cancel()
      prefetch?.alarm = nil
    }
    guard let next else { return }
    let task = eventLoop.assumeIsolated().scheduleTask(deadline: next) {
      self.prefetch?.alarm = nil
      self.prefetched { $0.deadlinePassed(at: $1) }
    }
    prefetch?.alarm = (next, task)
  }

  func stopPrefetch() {
    prefetch?.worker.stop()
    prefetch?.alarm?.task.cancel()
    prefetch?.waitingAlarm?.cancel()
    prefetch?.transcription?.stop()
    prefetch = nil
  }

  /// One event for the machine, and what comes of it.
  func prefetched(_ event: (inout PrefetchStateMachine, NIODeadline) -> [PrefetchStateMachine.Action]) {
    guard let prefetch else { return }
    perform(event(&prefetch.machine, eventLoop.now))
  }

  // MARK: From the retriever

  func retrieved(_ id: Int, _ result: Result<[Passage], RetrievalError>) {
    switch result {
    case .success(let passages): prefetched { $0.retrieved(id, passages: passages, at: $1) }
    case .failure(let error):
      logger.debug("retrieval failed", metadata: ["error": "\(error)"])
      observer.observed(.error(code: "retrieval_\(error.code)"), in: context)
      prefetched { $0.failed(id, at: $1) }
    }
  }

  // MARK: From upstream

  /// Reads the events that words and turns are told by.
  func followForPrefetch(_ message: RealtimeMessage, _ kind: EventKind) {
    guard prefetch != nil else { return }
    switch kind {
    case .sessionCreated, .sessionUpdated:
      if let parallel = prefetch?.configuration.parallelTranscription, prefetch?.transcription == nil {
        prefetch?.transcription = TranscriptionLeg(parallel, session: self)
      }
      prefetch?.transcription?.sessionEchoed(message.bytes)
    case .speechStarted:
      prefetch?.transcription?.speechStarted()
      let item = message.bytes.withJSON { $0.member("item_id")?.string }
      prefetched { $0.speechStarted(item: item, at: $1) }
    case .speechStopped:
      let item = message.bytes.withJSON { $0.member("item_id")?.string }
      prefetched { $0.speechStopped(item: item, at: $1) }
    case .inputAudioCommitted:
      prefetch?.commitDeadline = nil
      prefetch?.transcription?.committed()
      guard let item = message.bytes.withJSON({ $0.member("item_id")?.string }) else { return }
      prefetched { $0.committed(item: item, at: $1) }
    case .transcriptionDelta, .transcriptionCompleted, .transcriptionFailed: readWords(message, kind)
    case .error where prefetch?.commitDeadline != nil:
      // It may be about the commit: then nothing is to be waited for.
      releaseWaiting()
    default: break
    }
  }

  private func readWords(_ message: RealtimeMessage, _ kind: EventKind) {
    let found = message.bytes.withJSON { event -> (item: String, index: Int, text: String)? in
      guard let item = event.member("item_id")?.string else { return nil }
      return (item, event.member("content_index")?.integer ?? 0, (event.member("delta") ?? event.member("transcript"))?.string ?? "")
    }
    guard let found else { return }
    switch kind {
    case .transcriptionDelta:
      prefetched { $0.transcriptGrew(item: found.item, contentIndex: found.index, delta: found.text, at: $1) }
    case .transcriptionCompleted:
      prefetched { $0.transcriptCompleted(item: found.item, contentIndex: found.index, text: found.text, at: $1) }
    default: prefetched { $0.transcriptFailed(item: found.item, at: $1) }
    }
  }

  // MARK: From the client

  func readPartialTranscript(_ message: RealtimeMessage) {
    guard prefetch != nil else { return }
    let found = message.bytes.withJSON { event -> (text: String, isFinal: Bool)? in
      guard let text = event.member("text")?.string else { return nil }
      return (text, event.member("is_final")?.bool ?? false)
    }
    if let found { prefetched { $0.clientHeard(found.text, isFinal: found.isFinal, at: $1) } }
  }

  /// Whether the message waits: a client that asks for its answers itself gets the context too, and what it says keeps its order.
  func waitsForContext(_ message: RealtimeMessage, _ kind: EventKind) -> Bool {
    guard let prefetch else { return false }
    if !prefetch.waiting.isEmpty {
      self.prefetch?.waiting.append(message)
      return true
    }
    let now = eventLoop.now
    switch kind {
    case .inputAudioCommit:
      self.prefetch?.commitDeadline = now + TimeAmount(prefetch.configuration.maxWait)
      prefetched { $0.speechStopped(item: nil, at: $1) }
      return false
    case .responseCreate:
      let until = prefetch.machine.isHolding ? now + TimeAmount(prefetch.configuration.maxWait) : prefetch.commitDeadline
      guard let until, until > now, message.bytes.withJSON({ $0.member("response")?.member("conversation")?.string }) != "none" else {
        return false
      }
      self.prefetch?.waiting = [message]
      self.prefetch?.waitingAlarm = eventLoop.assumeIsolated().scheduleTask(deadline: until) { self.releaseWaiting() }
      return true
    default: return false
    }
  }

  func releaseWaiting() {
    guard let waiting = prefetch?.waiting, !waiting.isEmpty else { return }
    prefetch?.waiting = []
    prefetch?.commitDeadline = nil
    prefetch?.waitingAlarm?.cancel()
    prefetch?.waitingAlarm = nil
    if prefetch?.machine.isHolding ?? false { prefetched { $0.answerRequested(at: $1) } }
    for message in waiting { clientSent(message) }
    upstream?.flush()
  }
}
