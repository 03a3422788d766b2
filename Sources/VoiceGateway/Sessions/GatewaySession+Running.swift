import Logging
import NIOConcurrencyHelpers
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

// What goes on beside the relay while a session runs, and its end.
extension GatewaySession {
  private static let maxStoredConfigurationBytes = 262_144

  /// Does what an event of the relay asks for, one at a time. A caller who was refused has nothing that could be stored or paid.
  func heed(_ event: RealtimeRelayEvent, _ caller: KnownCaller?) async {
    if case .ended = event { return progress.withLockedValue { $0.ending = event } }
    guard let caller, isRunning else { return }
    switch event {
    case .checkpoint(let conversation, let counters): await save(conversation, counters, caller)
    case .spent(let dollars): await pay(Self.microdollars(dollars), caller)
    case .reminded: await keep(caller)
    case .tokenOffered, .ended: break
    }
  }

  private static func microdollars(_ dollars: Double) -> Int64 { Int64(((dollars > 0 ? min(dollars, 1e12) : 0) * 1_000_000).rounded(.up)) }

  /// Renews what a running session holds, however long a turn takes.
  private func keep(_ caller: KnownCaller) async {
    if configuration.limits.concurrentSessions > 0 { await renewLease(caller) }
    let (now, session) = (ContinuousClock.now, configuration.session)
    let touches = progress.withLockedValue { progress in
      guard now - progress.touched > session.storedFor / 3 - session.keepInterval / 2 else { return false }
      progress.touched = now
      return true
    }
    if touches { await touch(caller) }
  }

  /// A lease lives for 30 s without this. One that was lost is acquired again, or the session ends.
  private func renewLease(_ caller: KnownCaller) async {
    let (user, session, owner) = (caller.session.userID, caller.session.id, caller.owner)
    do {
      switch try await services.leases.renew(user: user, session: session, owner: owner) {
      case .held: break
      case .replaced: relay.end(.sessionReplaced)
      case .lost:
        switch try await services.leases.acquire(user: user, session: session, owner: owner) {
        case .held: logger.info("lease was lost and is acquired again", metadata: ["session": "\(session)"])
        case .replaced: relay.end(.sessionReplaced)
        case .full: relay.end(.concurrentLimitExceeded(limit: configuration.limits.concurrentSessions))
        }
      }
    } catch { logger.warning("lease not renewed", metadata: ["session": "\(session)", "error": "\(error)"]) }
  }

  /// A session that runs does not expire; one that was deleted or taken over meanwhile ends.
  private func touch(_ caller: KnownCaller) async {
    do { obey(try await services.store.touch(caller.session.id, as: caller.owner)) } catch {
      logger.warning("session not kept", metadata: ["session": "\(caller.session.id)", "error": "\(error)"])
    }
  }

  private func obey(_ standing: SessionStanding) {
    switch standing {
    case .replaced: relay.end(.sessionReplaced)
    case .deleted: relay.end(.sessionEnded)
    case .kept, .missing: break
    }
  }

  /// Ends a session that has spent what was left of its user's day.
  private func pay(_ spent: Int64, _ caller: KnownCaller) async {
    guard let spending = services.spending, let wanted = progress.withLockedValue({ $0.allowance.spent(spent) }) else { return }
    do {
      let granted = try await spending.reserve(wanted, for: id, of: caller.session.userID)
      if !progress.withLockedValue({ $0.allowance.granted(granted) }) { relay.end(.costLimitExceeded) }
    } catch {
      logger.error("spending not booked", metadata: ["session": "\(caller.session.id)", "error": "\(error)"])
    }
  }

  /// Tokens are verified beside the rest, one at a time, so that a slow issuer holds up neither money nor what is stored.
  func verify(_ token: Secret, _ caller: KnownCaller?, in tasks: inout DiscardingTaskGroup) {
    guard let caller, isRunning else { return relay.tokenRefused() }
    let isVerifying = progress.withLockedValue { progress in
      progress.offered = token
      defer { progress.isVerifying = true }
      return progress.isVerifying
    }
    if !isVerifying { tasks.addTask { [self] in while let token = nextOffer() { await refresh(token, caller) } } }
  }

  private func nextOffer() -> Secret? {
    progress.withLockedValue { progress in
      let next = progress.offered.take()
      progress.isVerifying = next != nil
      return next
    }
  }

  private func refresh(_ token: Secret, _ caller: KnownCaller) async {
    guard case .success(let verified) = await services.ephemeralTokens.verify(token), verified.userID.isSameUser(as: caller.session.userID)
    else { return relay.tokenRefused() }
    // Its plan may be another one: that is looked at with all that run.
    registry.refresh(verified, in: caller.session.id)
    relay.tokenRefreshed(expiresAt: verified.expiresAt)
  }

  private func save(_ conversation: StoredConversation, _ counters: SessionCounters, _ caller: KnownCaller) async {
    var session = caller.session
    session.updatedAt = services.wallClock()
    session.counters = counters
    session.configuration = conversation.configuration.flatMap {
      $0.utf8.count <= Self.maxStoredConfigurationBytes ? $0 : nil
    }
    session.items = conversation.items
    session.droppedItems = conversation.droppedItems
    do { obey(try await services.store.save(session, as: caller.owner)) } catch {
      logger.error("session not stored", metadata: ["session": "\(session.id)", "error": "\(error)"])
    }
  }

  // MARK: The end

  /// Gives back what was acquired, each by itself: one that fails holds up no other. A session whose client moved has nothing left.
  func release(_ caller: KnownCaller?) async {
    guard case .ended(let reason, let summary, let didOpen, let spent) = progress.withLockedValue({ $0.ending }) else { return }
    log(caller, reason, summary, didOpen: didOpen)
    let releases = progress.withLockedValue { $0.machine.ended(reason, didOpen: didOpen) }
    guard let caller else { return }
    let (user, session, owner) = (caller.session.userID, caller.session.id, caller.owner)
    for release in releases {
      do {
        switch release {
        case .lease: try await services.leases.release(user: user, session: session, owner: owner)
        case .spending: try await services.spending?.settle(Self.microdollars(spent), for: id, of: user)
        case .slot: try await services.limiter.refund(user: user, session: session)
        case .leave: try await services.store.leave(session, as: owner, forgets: false)
        case .forget: try await services.store.leave(session, as: owner, forgets: true)
        }
      } catch {
        logger.error("session not released", metadata: ["session": "\(session)", "what": "\(release)", "error": "\(error)"])
      }
    }
  }

  /// One line a session.
  private func log(_ caller: KnownCaller?, _ reason: CloseReason, _ summary: SessionSummary, didOpen: Bool) {
    guard logger.logLevel <= .info else { return }
    let session = caller?.session.id ?? id
    var metadata = SessionSummaryLog.metadata(reason, summary, model: caller?.session.model ?? request.model ?? "")
    for (name, value) in caller?.metadata ?? [:] { metadata[name] = "\(value)" }
    metadata["session"] = "\(session)"
    metadata["plan"] = (caller?.session.plan).map { "\($0)" }
    metadata["user"] = (caller?.session.userID).map { "\($0)" }
    if let caller { metadata["resumed"] = .stringConvertible(caller.session.id != id) }
    logger.info("\(SessionSummaryLog.text(session, reason, summary, didOpen: didOpen))", metadata: metadata)
  }
}
