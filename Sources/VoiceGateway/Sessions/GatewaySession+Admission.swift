import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

// The two halves of admission, in the order of docs/glossary.md.
extension GatewaySession {
  /// A refusal as a value.
  struct Refusal: Error {
    var reason: CloseReason
    init(_ reason: CloseReason) { self.reason = reason }
  }

  /// Judges who the caller is, and whether that one may use voice at all. Takes nothing.
  func authenticate() async -> Result<Caller, Refusal> {
    let admission = services.admission()
    if let refusal = admission.refusalOfAnyone() { return .failure(Refusal(refusal)) }
    guard let token = request.token else { return .failure(Refusal(.tokenMissing)) }
    let clock = ContinuousClock()
    let arrived = clock.now
    let user: VerifiedToken
    switch await services.ephemeralTokens.verify(token) {
    case .success(let verified): user = verified
    case .failure(let refusal):
      logger.debug("token refused", metadata: ["why": "\(refusal.detail)"])
      return .failure(Refusal(CloseReason(refusal)))
    }
    let step = AdmissionStep("auth", took: clock.now - arrived)
    if let refusal = admission.refusal(of: user) { return .failure(Refusal(refusal)) }
    let preset = preset(of: user)
    let model = request.model ?? preset?.model
    if let model, !configuration.upstream.allows(model: model) { return .failure(Refusal(.modelNotAllowed)) }
    var metadata: [String: String] = [:]
    let verdict = await services.onAdmission(
      AdmissionRequest(
        user: user, model: model, resumes: request.resumes, address: request.address, hasVoiceEvents: request.hasVoiceEvents))
    switch verdict {
    case .allow(let more): metadata = more
    case .refuse(let reason): return .failure(Refusal(reason))
    }
    let now = services.wallClock()
    let session = StoredSession(
      id: id, userID: user.userID, plan: user.plan, model: model ?? configuration.upstream.model, createdAt: now, updatedAt: now)
    let owner = SessionOwner(instance: handover.instance, generation: now.milliseconds)
    return .success(Caller(user: user, session: session, owner: owner, steps: [step], metadata: metadata, preset: preset))
  }

  /// Reads the session that the client's secret was minted for.
  private func preset(of user: VerifiedToken) -> PresetSession? {
    guard let preset = user.session.flatMap(PresetSession.init(json:)) else { return nil }
    // A client that asks for a transcription gets one, whatever its secret would have begun with.
    return request.isTranscription && !preset.isTranscription ? nil : preset
  }

  /// Does one step of what the machine asks for, and tells it what came of that.
  func acquire(
    _ action: SessionLifecycleStateMachine.Action, _ machine: inout SessionLifecycleStateMachine, _ caller: inout Caller
  ) async throws -> SessionLifecycleStateMachine.Action {
    let user = caller.user.userID
    switch action {
    case .claim(let session, let evicts):
      let claim = registry.claim(session, for: caller.user, by: id, evicts: evicts)
      if claim == .granted, !machine.isResuming { _ = registry.own(caller.owner, id) }
      return machine.claimed(claim)
    case .moveClient: return machine.clientMoved(await moveClient(to: machine.session, caller))
    case .awaitOlder:
      // A client that has left by itself takes nothing from the one that is there.
      guard await relay.awaitsAdmission() else { return machine.clientLeft() }
      await registry.waitUntilGone(machine.session, within: Self.leavingTime)
      return machine.olderIsGone()
    case .lookUp(let session):
      let asked = ContinuousClock.now
      let tenure = try await tenure(of: session)
      caller.arrival = tenure?.time.flatMap { registry.arrived(id, by: StoreClockReading($0, asked: asked, answered: .now)) }
      return machine.lookedUp(tenure)
    case .handOver(let session, let owner):
      let isFree = await handover.handOver(session, from: owner, arrival: caller.arrival)
      return machine.handedOver(isDisplaced: !isFree)
    case .take(let session): return machine.took(try await take(session, &caller))
    case .acquireLease:
      return machine.leaseAnswered(try await services.leases.acquire(user: user, session: caller.session.id, owner: caller.owner))
    case .makeRoom(let leases): return machine.askedForRoom(isMade: await makeRoom(leases, for: user, caller.session.id))
    case .reserveSpending:
      guard let spending = services.spending else { return machine.spendingAnswered(hasMore: true) }
      // By connection: what an older one of the same session has set aside is its own to settle.
      let granted = try await spending.reserve(caller.allowance.first, for: id, of: user)
      return machine.spendingAnswered(hasMore: caller.allowance.granted(granted))
    case .takeSlot: return machine.slotAnswered(refusedFor: try await takeSlot(&caller))
    case .save:
      let began = ContinuousClock.now
      let standing = try await services.store.save(caller.session, as: caller.owner)
      caller.steps.append(AdmissionStep("store", took: ContinuousClock.now - began))
      return machine.saved(standing)
    case .begin, .refuse, .follow: return action
    }
  }

  /// The client goes on in a session of this instance: one that is kept warm for it, or one whose connection it replaces.
  private func moveClient(to session: SessionID, _ caller: Caller) async -> Bool {
    guard let holder = registry.holder(of: session) else { return false }
    let resumed = ResumedSession(id: session, conversation: StoredConversation(), counters: SessionCounters(), elapsed: .zero)
    let grant = SessionGrant(
      userID: caller.user.userID, plan: caller.user.plan, tokenExpiresAt: caller.user.expiresAt, resumed: resumed,
      asker: services.asker(caller.user))
    guard await relay.moveClient(to: holder.handle, grant: grant) else { return false }
    registry.refresh(caller.user, in: session)
    return true
  }

  private func tenure(of session: SessionID) async throws -> SessionTenure? {
    if let tenure = try await services.store.tenure(of: session) { return tenure }
    // One that an older release stored names no owner.
    do { return try await services.store.load(session).map { SessionTenure(user: $0.userID, owner: nil) } } catch is UnreadableSession {
      return nil
    }
  }

  private func take(_ session: SessionID, _ caller: inout Caller) async throws -> SessionLifecycleStateMachine.Taking {
    // A connection that came later has the name here: taking the session now would take it from that one.
    guard let number = registry.claim(to: session, of: id) else { return .displaced }
    let claim = SessionClaim(instance: handover.instance, number: number, arrival: caller.arrival)
    let taken: TakenSession
    do {
      switch try await services.store.take(session, by: claim) {
      case .taken(let session): taken = session
      case .replaced: return .displaced
      case .missing: return registry.claim(to: session, of: id) == nil ? .displaced : .missing
      }
    } catch let error as UnreadableSession {
      logger.warning("stored session cannot be read", metadata: ["session": "\(session)", "error": "\(error)"])
      return .missing
    }
    caller.owner = taken.owner
    guard caller.user.userID.isSameUser(as: taken.session.userID) else { return .taken(user: taken.session.userID) }
    caller.session = taken.session
    caller.session.plan = caller.user.plan
    caller.session.model = request.model ?? model(of: taken.session)
    if let previous = taken.previous, previous.instance != handover.instance {
      await handover.replaced(session, by: taken.owner, from: previous)
    }
    return registry.own(taken.owner, id, isTaken: true) ? .taken(user: taken.session.userID) : .replaced
  }

  /// Model that a stored session goes on with: its own, or the default where the list of allowed models is another one than when it began.
  private func model(of stored: StoredSession) -> String {
    let upstream = configuration.upstream
    guard !upstream.allows(model: stored.model), stored.model != upstream.model else { return stored.model }
    logger.notice(
      "model of a stored session is not allowed any more, the session goes on with the default model",
      metadata: ["session": "\(stored.id)", "model": "\(stored.model)", "default": "\(upstream.model)"])
    return upstream.model
  }

  /// A session that is kept for a disconnected client gives its place to a new one of the same user, on whichever instance it is.
  private func makeRoom(_ leases: [SessionLease], for user: String, _ session: SessionID) async -> Bool {
    for (older, handle) in registry.sessions(of: user) where older != session {
      if await handle.endIfAbandoned(), await registry.waitUntilGone(older, within: Self.leavingTime) { return true }
    }
    for lease in leases.prefix(8) { if await handover.makeRoom(lease) { return true } }
    return false
  }

  private func takeSlot(_ caller: inout Caller) async throws -> CloseReason? {
    let began = ContinuousClock.now
    let user = caller.user.userID
    let decision = try await services.limiter.admit(user: user, session: caller.session.id)
    caller.steps.append(AdmissionStep("limit", took: ContinuousClock.now - began))
    guard decision.isAllowed else {
      logger.notice(
        "Rate limit exceeded for user \(user): \(decision.limit - decision.remaining)/\(decision.limit)", metadata: ["user": "\(user)"])
      return .rateLimitExceeded(
        limit: decision.limit, window: configuration.limits.window, retryAfter: decision.retryAfter ?? decision.resetAfter)
    }
    caller.rate = decision
    return nil
  }
}
