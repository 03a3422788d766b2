public import Logging
public import NIOCore

/// One relayed session: the driver that asks ``RelayStateMachine`` and does as told, one line an action.
///
/// Both legs live on one event loop, and so does everything here: no locks, no hops. Its owner waits off the loop on
/// ``RealtimeRelayHandle/events``.
public final class RealtimeRelay {
  let configuration: RealtimeRelayConfiguration
  let eventLoop: any EventLoop
  // What every message touches is marked: all of it runs on one event loop, no access spans a call to somebody else, and checking
  // that at run time for each message is measurable.
  /// ``AbsentConnection`` while the session is kept warm.
  @exclusivity(unchecked) var client: any RealtimeConnection
  /// Nil when the client is not this session's any more.
  @exclusivity(unchecked) var clientLeg: ClientLeg?
  /// Why the client is away, and what ends the waiting for it.
  var absence: (closure: WebSocketClosure, expiry: Scheduled<Void>)?
  /// The client is back and has not read yet what waited for it.
  var isCatchingUp = false
  @exclusivity(unchecked) var upstream: (any RealtimeConnection)?
  let observer: any RelayObserver
  let wallClock: @Sendable () -> UnixTime
  var logger: Logger
  let owner = OwnerMailbox()

  @exclusivity(unchecked) var context: SessionContext
  @exclusivity(unchecked) var machine: RelayStateMachine
  @exclusivity(unchecked) var clock: SessionClockStateMachine
  var conversation: ConversationStateMachine
  @exclusivity(unchecked) var turns = TurnStateMachine()
  var playback = PlaybackClockStateMachine()
  @exclusivity(unchecked) var input: InputAudioStateMachine
  /// Nil: the session has no context to look for.
  var prefetch: PrefetchPort?
  /// Nil: the gateway has no tools of its own.
  let tools: ToolWorker?
  @exclusivity(unchecked) var counters = SessionCounters()
  @exclusivity(unchecked) var traffic = RelayTraffic()
  /// Of the outbox, when traffic was reported last.
  @exclusivity(unchecked) private var reportedWaitingBytes = 0
  @exclusivity(unchecked) var rate: ClientRateStateMachine?
  /// What this read loop brought from the client.
  @exclusivity(unchecked) var arrived = (events: 0, bytes: 0, audioBytes: 0)
  /// Ends the pause of a client that is too fast.
  var pause: Scheduled<Void>?
  @exclusivity(unchecked) var outbox: ClientOutbox
  /// What the client said while upstream was not open, bounded by ``RealtimeRelayConfiguration/keptBytes``.
  var kept: [RealtimeMessage] = []
  var keptBytes = 0
  /// What upstream said before `session.created`, bounded by ``RealtimeRelayConfiguration/heldBytes``.
  var held: [RealtimeMessage] = []
  var grant: SessionGrant?
  /// Of the answer that is being made, as it came.
  @exclusivity(unchecked) var answerAudioBytes = 0
  /// In US dollars, since the session began here.
  var spent = 0.0
  /// The provider's transcription model, as the session echoes it.
  var transcriptionModel: String?
  /// Of the output's format.
  var audioBytesPerMillisecond = 48.0
  var inputAudioBytesPerSecond = 48_000.0
  var startedAt: NIODeadline?
  /// What the session had lasted when it went on here.
  var elapsedBefore = Duration.zero
  var upstreams: Upstreams?
  @exclusivity(unchecked) var upstreamLeg: UpstreamLeg?
  var dialledAt: NIODeadline = .distantFuture
  /// When the first dial began.
  var admittedAt: NIODeadline = .distantFuture
  /// Dials since upstream was lost, or since the session was admitted.
  var attempts = 0
  /// Whether it said `session.created`.
  var isUpstreamOpen = false
  var failedOpenings = 0
  /// When upstream said `session.created`.
  var openedAt: NIODeadline = .distantFuture
  /// An answer was due when upstream was lost.
  var owesAnswer = false
  /// Where upstream is dialled, and dialled again.
  struct Upstreams {
    var connector: any RealtimeConnector
    var target: RealtimeTarget
  }
  private var alarm: (at: NIODeadline, task: Scheduled<Void>)?
  private var eventNumber = 0

  /// Call on `eventLoop`. The client is not read before the session is open.
  public init(
    context: SessionContext, client: any RealtimeConnection, on eventLoop: any EventLoop, configuration: RealtimeRelayConfiguration,
    observer: any RelayObserver, wallClock: @escaping @Sendable () -> UnixTime, logger: Logger
  ) {
    eventLoop.preconditionInEventLoop()
    self.context = context
    self.client = client
    self.eventLoop = eventLoop
    self.configuration = configuration
    self.observer = observer
    self.wallClock = wallClock
    self.logger = logger
    machine = RelayStateMachine(hasVoiceEvents: configuration.hasVoiceEvents)
    clock = SessionClockStateMachine(configuration.clock)
    conversation = ConversationStateMachine(policy: configuration.policy)
    prefetch = configuration.prefetch.map { PrefetchPort($0) }
    tools = configuration.policy.tools.isEmpty ? nil : ToolWorker(configuration.policy.tools)
    input = InputAudioStateMachine(limits: .init(bytes: configuration.keptBytes))
    outbox = ClientOutbox(limit: configuration.clientBufferBytes)
    rate = configuration.clientRate.map(ClientRateStateMachine.init)
    client.setReading(false)
    clientLeg = ClientLeg(session: self)
  }

  /// What the client's connection is to be given as its delegate.
  public var clientDelegate: any RealtimeConnectionDelegate {
    guard let clientLeg else { preconditionFailure("asked for when the session began") }
    return clientLeg
  }

  /// For the owner, off the loop.
  public var handle: RealtimeRelayHandle { RealtimeRelayHandle(self) }

  // MARK: From the owner

  /// The client may speak: dials upstream.
  func admit(_ grant: SessionGrant, connector: any RealtimeConnector, target: RealtimeTarget) {
    guard machine.admitted() else { return }
    self.grant = grant
    context.userID = grant.userID
    context.plan = grant.plan
    if let resumed = grant.resumed {
      context.id = resumed.id
      logger[metadataKey: "session"] = "\(resumed.id)"
      counters = resumed.counters.withRoom
      conversation.restore(resumed.conversation)
    }
    prefetch?.worker.warmUp()
    observer.observed(.admitted(grant.steps), in: context)
    upstreams = Upstreams(connector: connector, target: target)
    admittedAt = eventLoop.now
    attempts = 1
    dial()
  }

  /// Ends the session, whatever its state.
  func end(_ reason: CloseReason) { perform(machine.ended(reason)) }

  func tokenRefreshed(expiresAt: UnixTime) {
    guard machine.isOpen else { return }
    clock.tokenRefreshed(expiry: deadline(of: expiresAt), at: eventLoop.now)
    setAlarm()
  }

  func drain(grace: Duration) {
    perform(clock.drainStarted(at: eventLoop.now, grace: grace, isInTurn: machine.isOpen && turns.isInTurn))
    setAlarm()
  }

  // MARK: Doing as told

  func perform(_ action: RelayStateMachine.CloseAction) {
    switch action {
    case .end(let reason): sayGoodbye(reason)
    case .endWithHeld(let reason):
      held.forEach(sendToClient)
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

  func perform(_ actions: [ConversationStateMachine.Action]) {
    for action in actions {
      switch action {
      case .sendUpstream(let bytes):
        upstream?.send(RealtimeMessage(bytes))
        upstream?.flush()
      case .sendToClient(let message): sendToClient(message)
      case .hold(let item):
        if prefetch == nil { perform(conversation.contextSettled(item: item)) } else { prefetched(.committed(item: item, isHeld: true)) }
      case .committed(let item): prefetched(.committed(item: item, isHeld: false))
      case .contextLost(let id): prefetched(.contextLost(id: id))
      case .cancelHold: break
      case .runTool(let id, let name, let arguments): runTool(id: id, name: name, arguments: arguments)
      }
    }
  }

  /// Tells the owner what is worth storing.
  func checkpoint() {
    guard configuration.storesConversation else { return }
    owner.checkpoint(conversation.stored, counters)
  }

  /// One goodbye for every ending: the summary, the error, the close frames.
  private func sayGoodbye(_ reason: CloseReason) {
    cancelAlarm()
    absence?.expiry.cancel()
    absence = nil
    pause?.cancel()
    if reason.closure.code == 1000, startedAt != nil {
      sendVoiceEvent { GatewayEvent.summary(summary, cost: counters.costUSD, id: $0) }
    }
    if reason.isError {
      observer.observed(.error(code: reason.label), in: context)
      sendToClient(GatewayEvent.error(reason, id: newEventID()))
    }
    flushOutbox(evenIfUnwritable: true)
    reportTraffic()
    client.close(reason.closure)
    upstream?.close(WebSocketClosure(code: 1000))
    perform(machine.finishIfAlone())
  }

  private func finish(_ reason: CloseReason) {
    let isOpened = startedAt != nil
    if isOpened { checkpoint() }
    observer.observed(isOpened ? .ended(reason, summary) : .refused(reason, wasAdmitted: upstreams != nil), in: context)
    owner.ended(.ended(reason, summary, didOpen: isOpened, spent: spent))
    stopPrefetch()
    tools?.stop()
    upstream = nil
    upstreamLeg = nil
    clientLeg = nil
  }

  var summary: SessionSummary {
    SessionSummary(duration: startedAt.map { Duration(eventLoop.now - $0) } ?? .zero, counters: counters)
  }

  // MARK: Clock

  /// Runs when upstream is open.
  func start() {
    let now = eventLoop.now
    startedAt = now
    attempts = 0
    isUpstreamOpen = true
    openedAt = now
    observer.observed(.upstreamOpened(after: Duration(now - dialledAt)), in: context)
    observer.observed(.started(resumed: grant?.isResumed ?? false), in: context)
    elapsedBefore = grant?.resumed?.elapsed ?? .zero
    clock.started(at: now, elapsed: elapsedBefore, tokenExpiry: grant?.tokenExpiresAt.map(deadline(of:)))
    setAlarm()
    if configuration.hasVoiceEvents { sendToClient(ready()) }
  }

  /// The first event of an admitted client.
  func ready() -> RealtimeMessage {
    guard let grant else { preconditionFailure("open without a grant") }
    let maxDuration = configuration.clock.maxDuration
    let elapsed = elapsedBefore + Duration(eventLoop.now - (startedAt ?? eventLoop.now))
    return GatewayEvent.ready(
      grant, session: context.id, expiresAt: maxDuration.map { wallClock() + ($0 - elapsed) }, maxDuration: maxDuration, id: newEventID())
  }

  /// A moment that somebody else named, no more than ten years from now.
  func deadline(of time: UnixTime) -> NIODeadline {
    let decade = Duration.seconds(315_360_000)
    return eventLoop.now + TimeAmount(min(max(time - wallClock(), .zero - decade), decade))
  }

  func setAlarm() {
    guard machine.closeReason == nil, let next = clock.nextDeadline else { return cancelAlarm() }
    if let alarm, alarm.at == next { return }
    cancelAlarm()
    let task = eventLoop.assumeIsolated().scheduleTask(deadline: next) {
      self.alarm = nil
      self.perform(self.clock.deadlinePassed(at: self.eventLoop.now))
      self.setAlarm()
    }
    alarm = (next, task)
  }

  private func cancelAlarm() {
    alarm?.task.cancel()
    alarm = nil
  }

  // MARK: To the client

  /// Sends, or queues behind what a slow client has not read yet.
  func sendToClient(_ message: RealtimeMessage) {
    if outbox.isEmpty, client.isWritable {
      client.send(message)
    } else if outbox.append(message, audioOf: message.audioResponseID) == .overflow {
      outboxOverflowed(with: message)
    }
  }

  /// A client that reads too slowly ends here. One that is away, or just back, loses the audio of its absence first.
  private func outboxOverflowed(with message: RealtimeMessage) {
    guard absence != nil || isCatchingUp else { return end(.slowConsumer) }
    let isAudio = message.audioResponseID != nil
    outbox.dropAllAudio()
    if !isAudio, outbox.append(message, audioOf: nil) == .overflow { end(absence.map { .clientClosed($0.closure) } ?? .slowConsumer) }
  }

  func sendVoiceEvent(_ make: (String) -> RealtimeMessage) {
    if configuration.hasVoiceEvents { sendToClient(make(newEventID())) }
  }

  func flushOutbox(evenIfUnwritable: Bool = false) {
    repeat {
      while evenIfUnwritable || client.isWritable, let message = outbox.popFirst() { client.send(message) }
      client.flush()
      // The flush may have made room at once.
    } while client.isWritable && !outbox.isEmpty
    if outbox.isEmpty { isCatchingUp = false }
  }

  func newEventID() -> String {
    eventNumber += 1
    return "gw_evt_\(eventNumber)"
  }

  func reportTraffic() {
    traffic.waitingBytes = outbox.bytes - reportedWaitingBytes
    reportedWaitingBytes = outbox.bytes
    guard !traffic.isEmpty else { return }
    observer.observed(.traffic(traffic), in: context)
    traffic = RelayTraffic()
  }
}
