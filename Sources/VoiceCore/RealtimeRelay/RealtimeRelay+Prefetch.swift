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
      core.meter.counters.retrievals += 1
      var query = query
      query.asker = core.session.asker
      prefetch?.worker.ask(id, query)
    case .cancel(let id): prefetch?.worker.cancel(id)
    case .inject(let id, let text): perform(core.conversation.inject(context: id, text))
    case .withdraw(let id): perform(core.conversation.withdraw(context: id))
    case .hold: prefetch?.isRequestHeld = true
    case .release: releaseWaiting()
    case .settle(let outcome): settle(outcome)
    case .queried(let metrics): observe(.queried(metrics))
    }
  }

  private func settle(_ outcome: ContextOutcome) {
    core.conversation.book.times.contextSettled(waited: outcome.waited, at: eventLoop.now)
    // A request of the client's own answers the turn: the gateway makes none then.
    releaseWaiting()
    perform(core.conversation.contextSettled(item: outcome.item))
    observe(.retrieval(outcome.metrics))
    sendVoiceEvent { GatewayEvent.context(outcome, id: $0) }
    client.flush()
  }

  private func setPrefetchAlarm() {
    let next = core.life.closeReason == nil ? prefetch?.prefetcher.nextDeadline : nil
    prefetch?.alarm.set(at: next) { self.prefetched(.deadlinePassed) }
  }

  // MARK: From the retriever

  func retrieved(_ id: Int, _ result: Result<[Passage], RetrievalError>) {
    if case .failure(let error) = result {
      logger.debug("retrieval failed", metadata: ["error": "\(error)"])
      observe(.error(code: "retrieval_\(error.code)"))
    }
    prefetched(.retrieved(id: id, result))
  }

  // MARK: From upstream

  /// Tells prefetch of words and turns. Commits and answers come from the conversation, which knows whose they are.
  func followForPrefetch(_ event: ControlEvent.Server, _ message: RealtimeMessage) {
    guard let prefetch else { return }
    switch event {
    case .sessionCreated(let settings), .sessionUpdated(let settings):
      if settings.transcription != nil { prefetched(.languageDeclared(settings.transcriptionLanguage)) }
      if let parallel = configuration.parallelTranscription, prefetch.transcription == nil {
        prefetch.transcription = TranscriptionLeg(parallel, session: self)
      }
      prefetch.transcription?.sessionEchoed(core.conversation.policy.inForce)
    case .speechStarted(let item):
      prefetch.transcription?.speechStarted()
      prefetched(.speechStarted(item: item))
    case .speechStopped(let item, _): prefetched(.speechStopped(item: item))
    case .committed: prefetch.transcription?.committed()
    case .transcriptGrew(let words): heard(words, .delta)
    case .transcriptCompleted(let words, _): heard(words, .completed)
    case .transcriptFailed(let item): prefetched(.heard(HeardWords("", item: item, contentIndex: 0, source: .upstream, kind: .failed)))
    case .error: prefetched(.commitRefused)
    default: break  // Prefetch has no part in it.
    }
  }

  private func heard(_ words: ControlEvent.Words, _ kind: HeardWords.Kind) {
    prefetched(.heard(HeardWords(words.text, item: words.item, contentIndex: words.contentIndex, source: .upstream, kind: kind)))
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

  /// True where the message waits: a client that asks for its answers itself gets the context too, and what it says keeps its order.
  func waitsForContext(_ message: RealtimeMessage, _ kind: EventKind) -> Bool {
    guard let prefetch else { return false }
    if kind == .responseCancel { releaseForCancel() }
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
      // Context is an item of the conversation. A response beside it, or over an input of its own, does not read it.
      let readsConversation = message.bytes.withJSON { event in
        let response = event.member("response")
        return response?.member("conversation")?.string != "none" && response?.member("input")?.isArray != true
      }
      guard readsConversation ?? true else { return false }
      prefetched(.answerAsked)
      guard prefetch.isRequestHeld else { return false }
      prefetch.keep(message)
      return true
    case .itemCreate:
      readTyped(message)
      return false
    default: return false
    }
  }

  /// A question that the client writes, or an answer that it puts there itself.
  private func readTyped(_ message: RealtimeMessage) {
    let typed = message.bytes.withJSON { event -> ContextEvent? in
      guard let item = event.member("item"), item.member("type")?.string ?? "message" == "message" else { return nil }
      switch item.member("role")?.string {
      case "user":
        let parts = (item.member("content")?.elements ?? []).compactMap { ($0.member("text") ?? $0.member("transcript"))?.string }
        return parts.isEmpty ? nil : .typed(item: item.member("id")?.string, text: parts.joined(separator: "\n"))
      case "assistant": return .answerWritten
      default: return nil
      }
    }
    if let typed { prefetched(typed) }
  }

  /// The client's own request is held: it goes out, and the cancel behind it.
  private func releaseForCancel() {
    if prefetch?.isRequestHeld ?? false { prefetched(.answerCancelled) }
  }

  private func releaseWaiting() {
    guard let prefetch else { return }
    let waiting = prefetch.takeWaiting()
    guard !waiting.isEmpty else { return }
    // Older than what was kept since upstream was lost.
    guard core.isOpen else {
      client.keepBefore(waiting)
      return setClientReading()
    }
    for message in waiting { clientSent(message) }
    setClientReading()
    upstream?.flush()
  }
}
