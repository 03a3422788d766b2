import Logging
import NIOCore

/// Upstream's connection: dialled at the start, and again when it was lost.
extension RealtimeRelay {
  func dial() {
    guard let upstreams else { return }
    dialledAt = eventLoop.now
    let deadline = (startedAt == nil ? admittedAt : dialledAt) + upstreams.target.timeout
    let leg = UpstreamLeg(session: self)
    upstreamLeg = leg
    isUpstreamOpen = false
    upstreams.connector.connect(to: upstreams.target.rotated(by: failedOpenings), on: eventLoop) { connection in
      guard self.upstreamLeg === leg, self.machine.upstreamConnected() else {
        connection.abort()
        return leg
      }
      self.upstream = connection
      // The dial's deadline covers the first event too: a server that says nothing is as good as none.
      self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.openingDeadlinePassed(leg) }
      return leg
    } failed: { error in
      guard self.upstreamLeg === leg else { return }
      self.logger.warning("upstream could not be reached", metadata: ["error": "\(error)"])
      self.observer.observed(.upstreamFailed(label: error.code.description), in: self.context)
      self.upstreamLeg = nil
      self.perform(self.machine.dialFailed(isTransient: error.isTransient))
    }
  }

  private func openingDeadlinePassed(_ leg: UpstreamLeg) {
    guard upstreamLeg === leg, machine.isOpening else { return }
    observer.observed(.upstreamFailed(label: "timeout"), in: context)
    upstreamLeg = nil
    upstream?.abort()
    perform(machine.upstreamClosed(.abnormal))
  }

  /// Upstream is gone and the client is not: what the client says meanwhile is kept, and upstream dialled again.
  func recover() {
    // It was reached and did not open: another one may, where there are several.
    if upstream != nil, !isUpstreamOpen { failedOpenings += 1 }
    upstream = nil
    upstreamLeg = nil
    held = []
    if isUpstreamOpen {
      isUpstreamOpen = false
      settleLostAnswer()
      // One that is lost as soon as it is there is no better than one that is not there.
      if eventLoop.now - openedAt >= TimeAmount(configuration.redialForgivenAfter) { attempts = 0 }
    }
    attempts += 1
    // The pause before the first one, too, keeps the sessions of a provider that restarts from all dialling at once.
    guard let delay = configuration.redial.delay(before: attempts, jitter: .random(in: 0...1)) else { return end(.upstreamUnavailable) }
    // A client that has heard nothing yet waits for one dial's time, however often that is tried.
    if startedAt == nil, let upstreams, eventLoop.now + TimeAmount(delay) >= admittedAt + upstreams.target.timeout {
      return end(.upstreamUnavailable)
    }
    logger.warning("upstream lost, dialling again", metadata: ["attempt": "\(attempts)", "delay_ms": "\(delay.inMilliseconds)"])
    eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
      if self.machine.awaitsUpstream, self.upstreamLeg == nil { self.dial() }
    }
  }

  /// `session.created` says when the provider ends the session.
  func readExpiry(_ created: ByteBuffer) {
    let seconds = created.withJSON { $0.member("session")?.member("expires_at")?.integer }
    let expiry = seconds.map { deadline(of: UnixTime(seconds: Int64($0))) }
    clock.upstreamOpened(expiry: expiry, at: eventLoop.now)
    setAlarm()
  }

  /// Another upstream takes this one's place before the provider ends its session, if the moment is right.
  func renewUpstream(atOnce: Bool) {
    let isQuiet = !turns.isInTurn && !conversation.isAnswerPending && !conversation.owesClient
    guard atOnce || isQuiet, machine.upstreamRenewed() else { return clock.renewalPostponed(at: eventLoop.now) }
    logger.info("upstream's session is about to end, dialling another")
    let expiring = upstream
    upstream = nil
    upstreamLeg = nil
    if isUpstreamOpen { settleLostAnswer() }
    expiring?.close(WebSocketClosure(code: 1000))
    attempts = 1
    dial()
  }

  /// An answer that was being made ends here for the client; it is asked for again when upstream is back.
  private func settleLostAnswer() {
    owesAnswer = turns.owesAnswer || conversation.owesClient
    guard let response = turns.activeResponse else { return }
    countLostAnswer()
    _ = turns.responseDone(response)
    guard conversation.hasSeen(response) else { return }
    sendToClient(GatewayEvent.responseLost(response, id: newEventID()))
    client.flush()
  }

  /// The new upstream is open: settings and items first, then the words that the old one had not made an item of, then what the
  /// client said meanwhile, in order.
  func reopen(_ created: ByteBuffer) {
    isUpstreamOpen = true
    openedAt = eventLoop.now
    observer.observed(.upstreamOpened(after: Duration(eventLoop.now - dialledAt)), in: context)
    readExpiry(created)
    if conversation.tools.upstreamReplaced() { owesAnswer = true }
    let isSaidAgain = input.willBeCommitted
    let restored = conversation.upstreamReplaced(created, isSaidAgain: isSaidAgain)
    prefetched(.upstreamReplaced)
    perform(restored.actions)
    sendVoiceEvent { GatewayEvent.resumed(context.id, items: restored.items, id: $0) }
    for message in input.upstreamReplaced() { upstream?.send(message) }
    if owesAnswer, !turns.isSpeaking, !isSaidAgain { perform(conversation.answerAgain()) }
    owesAnswer = false
    client.flush()
    releaseKept()
  }
}
