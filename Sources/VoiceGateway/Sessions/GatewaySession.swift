import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

/// One caller, from the upgrade to the last line in the log: authenticate, admit, connect, relay, save.
///
/// Runs as a child task of ``VoiceGateway``; what is said on the wire is the relay's.
struct GatewaySession: Sendable {
  /// The connection's own name, and the session's unless an older one goes on.
  let id: SessionID
  let trace: TraceContext
  let request: SessionRequest
  let relay: RealtimeRelayHandle
  let configuration: GatewayConfiguration
  let dependencies: GatewayDependencies
  let registry: SessionRegistry
  let notices: SessionNotices
  /// Says the session's name and trace in every line.
  let logger: Logger

  /// What this caller holds and has to give back.
  private struct Holdings {
    var session: StoredSession
    var tokenExpiresAt: UnixTime
    var isResumed = false
    /// What a new session begins with.
    var preset: PresetSession?
    var hasLease = false
    var hasSlot = false
    /// Nil: nothing is set aside.
    var allowance: SpendAllowance?
    var steps: [AdmissionStep] = []
  }

  /// Until both legs are gone.
  func run() async {
    var holdings: Holdings?
    switch await admit(&holdings) {
    // Of a client that moved, the events end at once: it is the older session's now.
    case .admitted, .moved: break
    case .refused(let reason):
      await hold(reason)
      relay.end(reason)
    }
    let held = holdings
    await withTaskGroup(of: Void.self) { group in
      if let held, held.hasLease { group.addTask { await keepLease(held) } }
      if held != nil, let retriever = dependencies.retriever {
        group.addTask { await TraceContext.$current.withValue(trace) { await relay.retrieve(from: retriever) } }
      }
      if held != nil, let tools = dependencies.tools { group.addTask { await relay.runTools(of: tools) } }
      if let held { group.addTask { await keepStored(held) } }
      group.addTask { for await token in relay.offeredTokens { await refresh(token, held) } }
      await follow(held)
      group.cancelAll()
    }
    registry.remove(held?.session.id ?? id, of: id)
    registry.leave(from: request.address)
  }

  /// A client without a good token is refused only so often. It keeps its place meanwhile, though it may have left.
  private func hold(_ reason: CloseReason) async {
    guard [.tokenMissing, .tokenInvalid, .tokenExpired].contains(reason) else { return }
    let delay = registry.delayOfRefusal(to: request.address)
    if delay > .zero { try? await Task.sleep(for: delay) }
  }

  private func follow(_ holdings: Holdings?) async {
    var held = holdings
    for await event in relay.events {
      switch event {
      case .checkpoint(let conversation, let counters):
        if let held { await save(held.session, conversation, counters) }
      case .spent(let dollars): await pay(dollars, &held)
      case .ended(let reason, let summary, let didOpen, let spent):
        _ = held?.allowance?.spent(Self.microdollars(spent))
        await settle(held, reason, summary, didOpen: didOpen)
      }
    }
  }

  // MARK: Admission, in the contract's order

  private enum Verdict {
    /// Upstream is being dialled.
    case admitted
    /// The client goes on in a session that still runs here.
    case moved
    case refused(CloseReason)
  }

  private func admit(_ holdings: inout Holdings?) async -> Verdict {
    let admission = dependencies.admission()
    if let refusal = admission.refusalOfAnyone() { return .refused(refusal) }
    guard let token = request.token else { return .refused(.tokenMissing) }
    let clock = ContinuousClock()
    let arrived = clock.now
    let user: VerifiedToken
    switch await dependencies.verifier.verify(token) {
    case .success(let verified): user = verified
    case .failure(let refusal):
      logger.debug("token refused", metadata: ["why": "\(refusal.detail)"])
      return .refused(CloseReason(refusal))
    }
    let verified = AdmissionStep("auth", took: clock.now - arrived)
    if let refusal = admission.refusal(of: user) { return .refused(refusal) }
    let preset = preset(of: user)
    guard configuration.upstream.allows(model: preset?.model ?? request.model) else { return .refused(.modelNotAllowed) }
    do {
      if await goesOnHere(user) { return .moved }
      guard var held = try await stored(for: user) else { return .refused(.sessionNotFound) }
      if !held.isResumed { held.preset = preset }
      if let model = held.preset?.model { held.session.model = model }
      registry.setUser(user, of: id, as: held.session.id)
      defer { holdings = held }
      held.steps.append(verified)
      if let refusal = try await admit(&held) { return .refused(refusal) }
      return .admitted
    } catch {
      logger.error("admission failed", metadata: ["error": "\(error)"])
      return .refused(.internalError)
    }
  }

  /// What the client's secret was minted for; the client's own choice of a model goes before.
  private func preset(of user: VerifiedToken) -> PresetSession? {
    guard var preset = user.session.flatMap(PresetSession.init(json:)) else { return nil }
    if request.namesModel { preset.model = nil }
    // A client that asks for a transcription gets one, whatever its secret would have begun with.
    return request.isTranscription && !preset.isTranscription ? nil : preset
  }

  /// Whether the client goes on in a session of this instance: one that is kept warm for it, or one whose connection it replaces.
  private func goesOnHere(_ user: VerifiedToken) async -> Bool {
    guard let wanted = request.resumes.flatMap(SessionID.init), let older = registry.find(wanted), user.userID.isSameUser(as: older.userID)
    else {
      return false
    }
    let resumed = ResumedSession(id: wanted, conversation: StoredConversation(), counters: SessionCounters(), elapsed: .zero)
    let grant = SessionGrant(userID: user.userID, plan: user.plan, tokenExpiresAt: user.expiresAt, resumed: resumed)
    guard await relay.moveClient(to: older.handle, grant: grant) else {
      // About to end: what it held is stored when it is gone.
      await registry.waitUntilGone(wanted)
      return false
    }
    registry.setUser(user, of: wanted, as: wanted)
    return true
  }

  /// The session to begin, or to go on with; nil where the one that was asked for is not this user's, or gone.
  private func stored(for user: VerifiedToken) async throws -> Holdings? {
    guard let name = request.resumes else {
      let now = dependencies.wallClock()
      let session = StoredSession(id: id, userID: user.userID, plan: user.plan, model: request.model, createdAt: now, updatedAt: now)
      return Holdings(session: session, tokenExpiresAt: user.expiresAt)
    }
    guard let wanted = SessionID(name), let stored = try await dependencies.store.load(wanted), user.userID.isSameUser(as: stored.userID)
    else {
      return nil
    }
    guard await notices.takeOver(wanted, by: id) else { return nil }
    // What another instance stored when it let go.
    guard var session = try await dependencies.store.load(wanted), user.userID.isSameUser(as: session.userID) else { return nil }
    session.plan = user.plan
    return Holdings(session: session, tokenExpiresAt: user.expiresAt, isResumed: true)
  }

  private func admit(_ held: inout Holdings) async throws -> CloseReason? {
    let limits = configuration.limits
    let (user, session) = (held.session.userID, held.session.id)
    let clock = ContinuousClock()
    let began = clock.now
    if limits.concurrentSessions > 0 {
      guard try await hasPlace(for: user, session) else { return .concurrentLimitExceeded(limit: limits.concurrentSessions) }
      held.hasLease = true
    }
    if let spending = dependencies.spending {
      var allowance = SpendAllowance()
      guard allowance.granted(try await spending.reserve(allowance.first, for: session, of: user)) else { return .costLimitExceeded }
      held.allowance = allowance
    }
    var rate: RateDecision?
    if limits.sessionsPerWindow > 0, !held.isResumed {
      let decision = try await dependencies.limiter.admit(user: user, session: session)
      guard decision.isAllowed else {
        return .rateLimitExceeded(limit: decision.limit, window: limits.window, retryAfter: decision.retryAfter ?? decision.resetAfter)
      }
      held.hasSlot = true
      rate = decision
    }
    let limited = clock.now
    held.steps.append(AdmissionStep("limit", took: limited - began))
    try await dependencies.store.save(held.session)
    held.steps.append(AdmissionStep("store", took: clock.now - limited))
    relay.admit(
      grant(held, rate), connector: dependencies.connector,
      target: configuration.upstream.target(for: request, preset: held.preset, trace: trace))
    return nil
  }

  /// A session that is kept warm for nobody gives its place to a new one of the same user.
  private func hasPlace(for user: String, _ session: SessionID) async throws -> Bool {
    if try await dependencies.leases.acquire(user: user, session: session) { return true }
    for (older, handle) in registry.sessions(of: user) where older != session {
      guard await handle.endIfAbandoned() else { continue }
      await registry.waitUntilGone(older)
      return try await dependencies.leases.acquire(user: user, session: session)
    }
    return false
  }

  private func grant(_ held: Holdings, _ rate: RateDecision?) -> SessionGrant {
    let session = held.session
    let resumed = ResumedSession(
      id: session.id,
      conversation: StoredConversation(configuration: session.configuration, items: session.items, droppedItems: session.droppedItems),
      counters: session.counters, elapsed: dependencies.wallClock() - session.createdAt)
    return SessionGrant(
      userID: session.userID, plan: session.plan, rateLimit: rate, tokenExpiresAt: held.tokenExpiresAt,
      resumed: held.isResumed ? resumed : nil, preset: held.preset, steps: held.steps)
  }

  // MARK: While it runs

  /// A lease lives for 30 s without this.
  private func keepLease(_ held: Holdings) async {
    while (try? await Task.sleep(for: .seconds(10))) != nil {
      do { _ = try await dependencies.leases.renew(user: held.session.userID, session: held.session.id) } catch {
        logger.warning("lease not renewed", metadata: ["session": "\(held.session.id)", "error": "\(error)"])
      }
    }
  }

  /// A session that runs does not expire, however long a turn takes; one that was deleted meanwhile ends.
  private func keepStored(_ held: Holdings) async {
    let session = held.session.id
    while (try? await Task.sleep(for: configuration.session.storedFor / 3)) != nil {
      do {
        if try await dependencies.store.touch(session) { continue }
        if try await dependencies.store.load(session) == nil { relay.end(.sessionEnded) }
      } catch {
        logger.warning("session not kept", metadata: ["session": "\(session)", "error": "\(error)"])
      }
    }
  }

  /// Ends a session that has spent what was left of its user's day.
  private func pay(_ dollars: Double, _ held: inout Holdings?) async {
    guard let spending = dependencies.spending, var allowance = held?.allowance, let session = held?.session else { return }
    let wanted = allowance.spent(Self.microdollars(dollars))
    held?.allowance = allowance
    guard let wanted else { return }
    do {
      let hasMore = allowance.granted(try await spending.reserve(wanted, for: session.id, of: session.userID))
      held?.allowance = allowance
      if !hasMore { relay.end(.costLimitExceeded) }
    } catch {
      logger.error("spending not counted", metadata: ["session": "\(session.id)", "error": "\(error)"])
    }
  }

  private static func microdollars(_ dollars: Double) -> Int64 { Int64(((dollars > 0 ? min(dollars, 1e12) : 0) * 1_000_000).rounded(.up)) }

  private func refresh(_ token: Secret, _ held: Holdings?) async {
    guard let held, case .success(let verified) = await dependencies.verifier.verify(token),
      verified.userID.isSameUser(as: held.session.userID)
    else {
      return relay.tokenRefused()
    }
    // Its plan may be another one: whether that is allowed is looked at with all that run.
    registry.setUser(verified, of: held.session.id, as: held.session.id)
    relay.tokenRefreshed(expiresAt: verified.expiresAt)
  }

  private func save(_ stored: StoredSession, _ conversation: StoredConversation, _ counters: SessionCounters) async {
    var session = stored
    session.updatedAt = dependencies.wallClock()
    session.counters = counters
    session.configuration = conversation.configuration
    session.items = conversation.items
    session.droppedItems = conversation.droppedItems
    // One that was deleted meanwhile stays so.
    do { try await dependencies.store.save(session) } catch {
      logger.error("session not stored", metadata: ["session": "\(session.id)", "error": "\(error)"])
    }
  }

  // MARK: The end

  /// Gives back what was taken. What was said is stored already, by the last checkpoint.
  private func settle(_ holdings: Holdings?, _ reason: CloseReason, _ summary: SessionSummary, didOpen: Bool) async {
    log(holdings, reason, summary, didOpen: didOpen)
    guard let held = holdings else { return }
    let (user, session) = (held.session.userID, held.session.id)
    do {
      // One that was replaced goes on elsewhere, and its lease with it.
      if held.hasLease, reason != .sessionReplaced { try await dependencies.leases.release(user: user, session: session) }
      if let allowance = held.allowance { try await dependencies.spending?.settle(allowance.spent, for: session, of: user) }
      if held.hasSlot, !didOpen, reason.isServerFault { try await dependencies.limiter.refund(user: user, session: session) }
      if !didOpen, !held.isResumed { try await dependencies.store.delete(session) }
    } catch {
      logger.error("session not settled", metadata: ["session": "\(session)", "error": "\(error)"])
    }
  }

  /// One line a session.
  private func log(_ holdings: Holdings?, _ reason: CloseReason, _ summary: SessionSummary, didOpen: Bool) {
    var metadata = SessionLine.metadata(reason, summary, model: request.model)
    metadata["session"] = "\(holdings?.session.id ?? id)"
    metadata["plan"] = (holdings?.session.plan).map { "\($0)" }
    metadata["user"] = (holdings?.session.userID).map { "\($0)" }
    if let holdings { metadata["resumed"] = .stringConvertible(holdings.isResumed) }
    logger.info(didOpen ? "session ended" : "session refused", metadata: metadata)
  }
}
