import Logging
import NIOCore

/// Upstream's connection: dialled at the start, again when it was lost, and beside the one in use before that one ends.
extension RealtimeRelay {
  func dial(_ link: UpstreamLink) {
    let leg = UpstreamLeg(session: self)
    link.begin(leg)
    connect(leg, of: link)
  }

  private func connect(_ leg: UpstreamLeg, of link: UpstreamLink) {
    let deadline = (core.session.startedAt == nil ? link.admittedAt : eventLoop.now) + link.target.timeout
    link.dial(leg, deadline: deadline) {
      self.connected($0, of: link)
    } failed: { leg, error in
      self.logger.warning("upstream could not be reached", metadata: ["error": "\(link.mask.masked("\(error)"))"])
      self.observe(.upstreamFailed(label: error.code.description))
      if leg === link.successor { return self.successorLost() }
      link.lost()
      self.perform(self.core.life.dialFailed(isTransient: error.isTransient))
    } gaveUp: { leg in
      self.observe(.upstreamFailed(label: "timeout"))
      if leg === link.successor { return self.successorLost() }
      self.upstreamClosed(.abnormal)
      // Tells its leg at once, which is not the session's by then: the loss counts once.
      leg.connection?.abort()
    }
  }

  private func connected(_ leg: UpstreamLeg, of link: UpstreamLink) {
    guard leg === link.leg else { return }
    guard core.life.upstreamConnected() else {
      leg.connection?.abort()
      return link.forget()
    }
    link.connected()
  }

  func upstreamClosed(_ closure: WebSocketClosure) {
    var closure = closure
    if let mask = upstream?.mask { closure.reason = mask.masked(closure.reason) }
    perform(core.life.upstreamClosed(closure))
  }

  /// Recovery, from top to bottom: upstream is lost and the client is not. What was being made ends for the client; what it says meanwhile
  /// is kept; another upstream is dialled after a pause, or is there already.
  func recover() {
    guard let link = upstream else { return }
    let wasOpen = link.isOpen
    let successor = link.successor
    link.lost()
    if wasOpen { loseAnswers() }
    if successor != nil { return changeOver(link) }
    link.attempted()
    // The pause before the first one, too, keeps the sessions of a provider that restarts from all dialling at once.
    guard let delay = configuration.redial.delay(before: link.attempts, jitter: .random(in: 0...1)) else {
      return end(.upstreamUnavailable)
    }
    // A client that has heard nothing yet waits for one dial's time, however often that is tried.
    if core.session.startedAt == nil, eventLoop.now + TimeAmount(delay) >= link.admittedAt + link.target.timeout {
      return end(.upstreamUnavailable)
    }
    logger.warning("upstream lost, dialling again", metadata: ["attempt": "\(link.attempts)", "delay_ms": "\(delay.inMilliseconds)"])
    link.redial(in: TimeAmount(delay)) { if self.core.life.awaitsUpstream, link.leg == nil { self.dial(link) } }
  }

  /// Ends for the client the responses that were being made; they are asked for again when upstream is back.
  private func loseAnswers() {
    var actions: [ConversationStateMachine.Action] = []
    core.conversation.upstreamLost(at: eventLoop.now, &actions)
    perform(actions)
    client.flush()
  }

  /// Another upstream is open: settings and items first, then what the client had said and upstream had not confirmed, then what it said
  /// meanwhile.
  func reopen(_ message: RealtimeMessage) {
    guard let link = upstream, case .sessionCreated(let settings) = ControlEvent.server(.sessionCreated, message.bytes) else { return }
    link.leg?.opening.cancel()
    link.opened(isFirst: false)
    observe(.upstreamOpened(after: Duration(eventLoop.now - link.dialledAt)))
    core.clock.upstreamOpened(expiry: settings.expiresAt.map(deadline(of:)), at: eventLoop.now)
    setAlarm()
    prefetched(.upstreamReplaced)
    var actions: [ConversationStateMachine.Action] = []
    let asksNext = client.early.contains { $0.isText && $0.bytes.isConversationsRequest }
    let items = core.conversation.upstreamReplaced(settings, asksNext: asksNext, &actions)
    sendVoiceEvent { GatewayEvent.resumed(core.session.context.id, items: items, id: $0) }
    perform(actions)
    client.flush()
    releaseEarly()
  }

  // MARK: Renewal

  /// Another upstream is to take this one's place before the provider ends its session. It is dialled while this one serves, and takes over
  /// at a quiet moment; `atOnce`: at any.
  func renewUpstream(atOnce: Bool) {
    guard let link = upstream, core.isOpen else { return core.clock.renewalPostponed(at: eventLoop.now) }
    let isQuiet = core.conversation.isQuiet(at: eventLoop.now)
    if link.successor?.created != nil, atOnce || isQuiet { return changeOver(link) }
    if link.successor == nil, atOnce || isQuiet {
      logger.info("upstream's session is about to end, dialling another")
      let leg = UpstreamLeg(session: self)
      leg.isUrgent = atOnce
      link.beginSuccessor(leg)
      connect(leg, of: link)
    } else if atOnce {
      link.successor?.isUrgent = true
    }
    core.clock.renewalPostponed(at: eventLoop.now)
  }

  /// The successor's first event: it takes over now, or at the next quiet moment.
  func successorSent(_ message: RealtimeMessage) {
    guard let link = upstream, let successor = link.successor, successor.created == nil,
      case .event(.sessionCreated) = EventScanner.scanFirst(message.bytes)
    else { return }
    successor.opening.cancel()
    successor.created = message
    if successor.isUrgent || !core.isOpen || core.conversation.isQuiet(at: eventLoop.now) { changeOver(link) }
  }

  /// It is dialled again when the clock asks the next time; or now, where there is no other.
  func successorLost() {
    guard let link = upstream else { return }
    link.dropSuccessor()
    if core.life.awaitsUpstream, link.leg == nil { recover() }
  }

  /// The successor takes over, in the middle of whatever is under way.
  private func changeOver(_ link: UpstreamLink) {
    let created = link.successor?.created
    if core.isOpen {
      loseAnswers()
      core.life.upstreamRenewed()
    }
    link.takeOver()?.close(WebSocketClosure(code: 1000))
    guard let leg = link.leg, leg.connection != nil else { return }
    core.life.upstreamTookOver()
    // Otherwise the next event says so.
    if let created { leg.received(created) }
  }
}
