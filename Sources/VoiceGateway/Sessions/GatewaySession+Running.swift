import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

// What goes on beside the relay while a session runs, and its end.
extension GatewaySession {
  private static let leaseInterval = Duration.seconds(10)
  private static let maxStoredConfigurationBytes = 262_144

  struct Ending: Sendable {
    var reason: CloseReason
    var summary: SessionSummary
    var didOpen: Bool
    /// Millionths of a US dollar, since this connection began.
    var spent: Int64
  }

  /// Follows the session until the relay has ended and what it last said is stored and booked; nil where its client moved.
  func follow(_ caller: KnownCaller?, isRunning: Bool) async -> Ending? {
    await withTaskGroup(of: Void.self) { group in
      if let caller, isRunning {
        if configuration.limits.concurrentSessions > 0 { group.addTask { [self] in await keepLease(caller) } }
        group.addTask { [self] in await keepStored(caller) }
        if let retriever = services.retriever {
          group.addTask { [self] in await TraceContext.$current.withValue(trace) { await relay.retrieve(from: retriever) } }
        }
      }
      defer { group.cancelAll() }
      return await followRelay(isRunning ? caller : nil, in: &group)
    }
  }

  /// Tokens that a client offers have a reader of their own, and hold up neither money nor what is stored.
  private func followRelay(_ caller: KnownCaller?, in group: inout TaskGroup<Void>) async -> Ending? {
    group.addTask { [self] in
      for await token in relay.offeredTokens { if let caller { await refresh(token, caller) } else { relay.tokenRefused() } }
    }
    var allowance = caller?.allowance ?? SpendAllowance()
    var ending: Ending?
    for await event in relay.events {
      switch event {
      case .checkpoint(let conversation, let counters): if let caller { await save(conversation, counters, caller) }
      case .spent(let dollars): if let caller { await pay(Self.microdollars(dollars), &allowance, caller) }
      case .ended(let reason, let summary, let didOpen, let spent):
        ending = Ending(reason: reason, summary: summary, didOpen: didOpen, spent: Self.microdollars(spent))
      }
    }
    return ending
  }

  private static func microdollars(_ dollars: Double) -> Int64 { Int64(((dollars > 0 ? min(dollars, 1e12) : 0) * 1_000_000).rounded(.up)) }

  /// A lease lives for 30 s without this. One that was lost is acquired again, or the session ends.
  private func keepLease(_ caller: KnownCaller) async {
    let (user, session, owner) = (caller.session.userID, caller.session.id, caller.owner)
    while (try? await Task.sleep(for: Self.leaseInterval)) != nil {
      do {
        switch try await services.leases.renew(user: user, session: session, owner: owner) {
        case .held: continue
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
  }

  /// A session that runs does not expire, however long a turn takes; one that was deleted or taken over meanwhile ends.
  private func keepStored(_ caller: KnownCaller) async {
    while (try? await Task.sleep(for: configuration.session.storedFor / 3)) != nil {
      do { heed(try await services.store.touch(caller.session.id, as: caller.owner)) } catch {
        logger.warning("session not kept", metadata: ["session": "\(caller.session.id)", "error": "\(error)"])
      }
    }
  }

  private func heed(_ standing: SessionStanding) {
    switch standing {
    case .replaced: relay.end(.sessionReplaced)
    case .deleted: relay.end(.sessionEnded)
    case .kept, .missing: break
    }
  }

  /// Ends a session that has spent what was left of its user's day.
  private func pay(_ spent: Int64, _ allowance: inout SpendAllowance, _ caller: KnownCaller) async {
    guard let spending = services.spending, let wanted = allowance.spent(spent) else { return }
    do {
      if !allowance.granted(try await spending.reserve(wanted, for: id, of: caller.session.userID)) { relay.end(.costLimitExceeded) }
    } catch {
      logger.error("spending not booked", metadata: ["session": "\(caller.session.id)", "error": "\(error)"])
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
    do { heed(try await services.store.save(session, as: caller.owner)) } catch {
      logger.error("session not stored", metadata: ["session": "\(session.id)", "error": "\(error)"])
    }
  }

  // MARK: The end

  /// Gives back what was acquired, each by itself: one that fails holds up no other.
  func release(_ releases: [SessionLifecycleStateMachine.Release], _ caller: KnownCaller?, _ ending: Ending) async {
    log(caller, ending)
    guard let caller else { return }
    let (user, session, owner) = (caller.session.userID, caller.session.id, caller.owner)
    for release in releases {
      do {
        switch release {
        case .lease: try await services.leases.release(user: user, session: session, owner: owner)
        case .spending: try await services.spending?.settle(ending.spent, for: id, of: user)
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
  private func log(_ caller: KnownCaller?, _ ending: Ending) {
    let session = caller?.session.id ?? id
    var metadata = SessionSummaryLog.metadata(ending.reason, ending.summary, model: caller?.session.model ?? request.model ?? "")
    for (name, value) in caller?.metadata ?? [:] { metadata[name] = "\(value)" }
    metadata["session"] = "\(session)"
    metadata["plan"] = (caller?.session.plan).map { "\($0)" }
    metadata["user"] = (caller?.session.userID).map { "\($0)" }
    if let caller { metadata["resumed"] = .stringConvertible(caller.session.id != id) }
    logger.info("\(SessionSummaryLog.text(session, ending.reason, ending.summary, didOpen: ending.didOpen))", metadata: metadata)
  }
}
