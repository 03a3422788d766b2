public import Logging
public import NIOCore

/// One relayed session: the driver that asks `RelayCore` and does as told, one line an action.
///
/// Both legs live on one event loop, and so does everything here: no locks, no hops. Its owner waits off the loop on
/// ``RealtimeRelayHandle/events``.
public final class RealtimeRelay {
  let configuration: RealtimeRelayConfiguration
  let eventLoop: any EventLoop
  let observer: any RelayObserver
  let wallClock: @Sendable () -> UnixTime
  var logger: Logger
  let owner = OwnerMailbox()
  /// Rings when ``SessionClockStateMachine`` wants to be asked.
  private let alarm: Alarm
  // What every message touches is marked: all of it runs on one event loop, no access spans a call to other code, and checking
  // that at run time for each message is measurable.
  @exclusivity(unchecked) var core: RelayCore
  let client: ClientLink
  /// Nil before the client was admitted.
  @exclusivity(unchecked) var upstream: UpstreamLink?
  /// Prefetch of context; nil where the session has none to look for.
  var prefetch: PrefetchPort?
  /// Runner of the gateway's own tools; nil where it has none.
  let tools: ToolWorker?

  /// Call on `eventLoop`. The client is not read before the session is open.
  public init(
    context: SessionContext, client: any RealtimeConnection, on eventLoop: any EventLoop, configuration: RealtimeRelayConfiguration,
    observer: any RelayObserver = SilentObserver(), wallClock: @escaping @Sendable () -> UnixTime = UnixTime.now,
    logger: Logger = Logger(label: "voice")
  ) {
    eventLoop.preconditionInEventLoop()
    self.eventLoop = eventLoop
    self.configuration = configuration
    self.observer = observer
    self.wallClock = wallClock
    self.logger = logger
    alarm = Alarm(on: eventLoop)
    core = RelayCore(configuration, context)
    self.client = ClientLink(client, on: eventLoop, configuration)
    prefetch = configuration.prefetch.map { PrefetchPort($0, on: eventLoop) }
    tools = configuration.policy.tools.isEmpty ? nil : ToolWorker(configuration.policy.tools)
    client.setReading(false)
    self.client.leg = ClientLeg(session: self)
  }

  /// Delegate for the client's connection.
  public var clientDelegate: any RealtimeConnectionDelegate {
    guard let leg = client.leg else { preconditionFailure("asked for when the session began") }
    return leg
  }

  /// Handle for the owner, off the loop.
  public var handle: RealtimeRelayHandle { RealtimeRelayHandle(self) }

  // MARK: From the owner

  /// The client may speak: dials upstream.
  func admit(_ grant: SessionGrant, connector: any RealtimeConnector, target: RealtimeTarget) {
    guard core.life.admitted() else { return }
    core.session.admitted(grant)
    if let resumed = grant.resumed {
      logger[metadataKey: "session"] = "\(resumed.id)"
      core.meter.counters = resumed.counters.withRoom
      core.conversation.restore(resumed.conversation)
    } else if let preset = grant.preset {
      begin(with: preset)
    }
    prefetch?.worker.warmUp()
    observe(.admitted(grant.steps))
    let link = UpstreamLink(connector, target, forgivenAfter: configuration.redialForgivenAfter, on: eventLoop)
    upstream = link
    link.attempted()
    dial(link)
  }

  /// Nothing was said yet: what the client secret names is in force before the client's own words.
  private func begin(with preset: PresetSession) {
    if let model = preset.model { core.session.context.model = model }
    if preset.isTranscription {
      // It has neither instructions nor answers.
      core.conversation = ConversationStateMachine(policy: SessionPolicyConfiguration(), keptAudioBytes: configuration.keptBytes)
      prefetch = nil
    }
    if let json = preset.json { core.conversation.restore(StoredConversation(configuration: json)) }
  }

  /// Ends the session, whatever its state.
  func end(_ reason: CloseReason) { perform(core.life.ended(reason)) }

  func tokenRefreshed(expiresAt: UnixTime) {
    core.session.tokenExpiresAt = expiresAt
    guard core.session.startedAt != nil, core.life.closeReason == nil else { return }
    core.clock.tokenRefreshed(expiry: deadline(of: expiresAt), at: eventLoop.now)
    setAlarm()
  }

  func drain(grace: Duration) {
    let isQuiet = !core.isOpen || core.conversation.isQuiet(at: eventLoop.now)
    perform(core.clock.drainStarted(at: eventLoop.now, grace: grace, isInTurn: !isQuiet))
    setAlarm()
  }

  // MARK: Doing as told

  func perform(_ actions: [ConversationStateMachine.Action]) {
    for action in actions {
      switch action {
      case .sendUpstream(let bytes):
        upstream?.send(RealtimeMessage(bytes))
        upstream?.flush()
      case .sendToClient(let bytes): sendToClient(RealtimeMessage(bytes))
      case .replay(let message): upstream?.send(message)
      case .sayAgain(let bytes): sayAgain(bytes)
      case .hold(let item):
        if prefetch == nil {
          perform(core.conversation.contextSettled(item: item))
        } else {
          prefetched(.committed(item: item, isHeld: true))
        }
      case .committed(let item): prefetched(.committed(item: item, isHeld: false))
      case .answerCancelled: prefetched(.answerCancelled)
      case .answerBegan: prefetched(.answerBegan)
      case .answerEnded: prefetched(.answerEnded)
      case .contextLost(let id): prefetched(.contextLost(id: id))
      case .runTool(let id, let name, let arguments): runTool(id: id, name: name, arguments: arguments)
      case .dropAudio(let isInterruption): dropAudio(isInterruption: isInterruption)
      case .responseEnded(let status, let usage, let characters, let isConversations):
        responseEnded(status, usage, characters: characters, isConversations: isConversations)
      case .transcribed(let seconds): transcribed(seconds: seconds, model: core.meter.transcriptionModel ?? "unknown")
      case .checkpoint: checkpoint()
      case .failed(let code): failed(code)
      }
    }
  }

  func perform(_ action: RelayLifecycleStateMachine.CloseAction) {
    switch action {
    case .end(let reason): sayGoodbye(reason)
    case .endWithHeld(let reason):
      upstream?.takeHeld().forEach(sendToClient)
      sayGoodbye(reason)
    case .recover: recover()
    case .keepWarm(let closure): keepWarm(closure)
    case .finish(let reason): finish(reason)
    case .none: break
    }
  }

  func perform(_ actions: [SessionClockStateMachine.Action]) {
    for action in actions {
      switch action {
      case .notify(let notice, let remaining):
        sendVoiceEvent { GatewayEvent.notice(notice, remaining: remaining, id: $0) }
        client.flush()
      case .renewUpstream(let atOnce): renewUpstream(atOnce: atOnce)
      case .end(let reason): end(reason)
      }
    }
  }

  /// Ends a session that drains, once nothing is under way in it.
  func endIfDrained() {
    guard core.clock.isDraining, core.isOpen, core.conversation.isQuiet(at: eventLoop.now) else { return }
    end(.serverDraining)
  }

  // MARK: Endings

  /// One goodbye for every ending: the summary, the error, the close frames.
  private func sayGoodbye(_ reason: CloseReason) {
    alarm.cancel()
    stopWorkers()
    if reason.closure.code == 1000, core.session.startedAt != nil {
      sendVoiceEvent { GatewayEvent.summary(summary, cost: core.meter.counters.costUSD, id: $0) }
    }
    if reason.isError {
      observe(.error(code: reason.label))
      sendToClient(GatewayEvent.error(reason, id: newEventID()))
    }
    client.flushOutbox(evenIfUnwritable: true)
    reportTraffic()
    client.close(reason.closure)
    upstream?.close()
    perform(core.life.finishIfAlone())
  }

  private func finish(_ reason: CloseReason) {
    let isOpened = core.session.startedAt != nil
    if isOpened { checkpoint() }
    observe(isOpened ? .ended(reason, summary) : .refused(reason, wasAdmitted: upstream != nil))
    owner.ended(.ended(reason, summary, didOpen: isOpened, spent: core.meter.spent))
    stopWorkers()
    prefetch = nil
    upstream?.forget()
    client.leg = nil
  }

  /// Queries, calls and a transcription that are under way are of no use any more: they do not wait for the peers to say goodbye.
  private func stopWorkers() {
    prefetch?.stop()
    tools?.stop()
  }

  private var summary: SessionSummary {
    SessionSummary(duration: core.session.startedAt.map { Duration(eventLoop.now - $0) } ?? .zero, counters: core.meter.counters)
  }

  // MARK: Clock

  /// Runs when upstream is open for the first time.
  func start(_ link: UpstreamLink) {
    let now = eventLoop.now
    core.session.startedAt = now
    link.opened(isFirst: true)
    observe(.upstreamOpened(after: Duration(now - link.dialledAt)))
    observe(.started(resumed: core.session.grant?.isResumed ?? false))
    core.clock.started(at: now, elapsed: core.session.elapsedBefore, tokenExpiry: core.session.tokenExpiresAt.map(deadline(of:)))
    setAlarm()
    if configuration.hasVoiceEvents { sendToClient(ready()) }
  }

  /// The first event of an admitted client.
  func ready() -> RealtimeMessage {
    guard let grant = core.session.grant else { preconditionFailure("open without a grant") }
    let maxDuration = configuration.clock.maxDuration
    let elapsed = core.session.elapsedBefore + Duration(eventLoop.now - (core.session.startedAt ?? eventLoop.now))
    return GatewayEvent.ready(
      grant, session: core.session.context.id, expiresAt: maxDuration.map { wallClock() + ($0 - elapsed) }, maxDuration: maxDuration,
      id: newEventID())
  }

  /// Deadline for a moment that another side named, no more than ten years from now.
  func deadline(of time: UnixTime) -> NIODeadline {
    let decade = Duration.seconds(315_360_000)
    return eventLoop.now + TimeAmount(min(max(time - wallClock(), .zero - decade), decade))
  }

  func setAlarm() {
    alarm.set(at: core.life.closeReason == nil ? core.clock.nextDeadline : nil) {
      self.perform(self.core.clock.deadlinePassed(at: self.eventLoop.now))
      self.setAlarm()
    }
  }

  // MARK: Telling others

  /// Tells the owner what is worth storing.
  func checkpoint() {
    guard configuration.storesConversation else { return }
    owner.checkpoint(core.conversation.stored, core.meter.counters)
  }

  func observe(_ event: RelayEvent) { observer.observed(event, in: core.session.context) }

  private func failed(_ code: String) {
    observe(.error(code: code))
    if UpstreamErrorClass(code: code) == .fatal { logger.warning("upstream gives up", metadata: ["code": "\(code)"]) }
  }

  private func responseEnded(_ status: String, _ usage: TokenUsage?, characters: Int, isConversations: Bool) {
    let counted = core.meter.responseEnded(usage, characters: characters, model: core.session.context.model)
    if counted != nil || status != "lost" { observe(.responseDone(status: status, usage: counted)) }
    if isConversations { core.meter.counters.turns += 1 }
    reportCost()
  }

  /// Input transcription is billed apart, wherever it was made.
  func transcribed(seconds: Double, model: String) {
    core.meter.transcribed(seconds: seconds, model: model)
    observe(.transcribed(model: model, seconds: seconds))
    reportCost()
  }

  private func reportCost() { if configuration.reportsCost, core.meter.spent > 0 { owner.spent(core.meter.spent) } }

  func reportTraffic() {
    core.meter.traffic.waitingBytes = client.newWaitingBytes()
    guard !core.meter.traffic.isEmpty else { return }
    observer.relayed(core.meter.takeTraffic(), by: core.session.context.id)
  }

  // MARK: To the client

  /// Sends, or queues behind what a slow client has not read yet. Where there is no room, the audio of an answer that the client cancelled
  /// goes first; of one that is disconnected, or just back, all audio. A client that reads too slowly even so ends here.
  func sendToClient(_ message: RealtimeMessage) {
    guard case .overflow(let response) = client.send(message) else { return }
    let wasAway = client.absence != nil || client.isCatchingUp
    let cancelled = core.conversation.book.cancelled
    let isUnwanted = { wasAway || $0 == cancelled }
    core.meter.traffic.droppedAudioChunks += client.dropAudio(where: isUnwanted)
    if let response, isUnwanted(response) {
      core.meter.traffic.droppedAudioChunks += 1
    } else if case .overflow = client.send(message) {
      end(client.absence.map { .clientClosed($0) } ?? .slowConsumer)
    }
  }

  func sendVoiceEvent(_ make: (String) -> RealtimeMessage) {
    if configuration.hasVoiceEvents { sendToClient(make(newEventID())) }
  }

  func newEventID() -> String { core.conversation.ids.next(.event) }
}
