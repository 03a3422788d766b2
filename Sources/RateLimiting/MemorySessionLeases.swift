import NIOConcurrencyHelpers
@_spi(VoiceRealtime) public import VoiceCore

/// The cap on concurrent sessions in this process: for one instance, for tests, and while Redis is unavailable.
public final class MemorySessionLeases: RecordingSessionLeases {
  private struct Held: Sendable {
    var owner: SessionOwner
    var until: UnixTime
    /// Granted by another instance, as the shared store said last.
    var isElsewhere = false
  }

  private let limit: Int
  private let timeToLive: Duration
  private let now: @Sendable () -> UnixTime
  private let users: NIOLockedValueBox<ExpiringTable<ExactText, [SessionID: Held]>>

  /// - Parameters:
  ///   - limit: `0` means none.
  ///   - timeToLive: how long a lease lives that is not renewed.
  ///   - capacity: with this many users, the one who renewed longest ago makes room.
  ///   - now: clock of the store.
  public init(limit: Int, timeToLive: Duration = .seconds(30), capacity: Int = 100_000, now: @escaping @Sendable () -> UnixTime) {
    self.limit = limit
    self.timeToLive = timeToLive
    self.now = now
    users = NIOLockedValueBox(ExpiringTable(timeToLive: timeToLive, capacity: capacity))
  }

  public func acquire(user: String, session: SessionID, owner: SessionOwner) async -> LeaseAnswer {
    guard limit > 0 else { return .held }
    return change(user) { held, time in
      if let standing = held[session]?.owner, owner.isSuperseded(by: standing) { return .replaced }
      guard held[session] != nil || held.count < limit else {
        return .full(held.map { SessionLease(user: user, session: $0.key, owner: $0.value.owner) })
      }
      held[session] = Held(owner: owner, until: time + timeToLive)
      return .held
    }
  }

  public func renew(user: String, session: SessionID, owner: SessionOwner) async -> LeaseStanding {
    guard limit > 0 else { return .held }
    return change(user) { held, time in
      guard let standing = held[session]?.owner else { return .lost }
      if owner.isSuperseded(by: standing) { return .replaced }
      held[session] = Held(owner: owner, until: time + timeToLive)
      return .held
    }
  }

  public func release(user: String, session: SessionID, owner: SessionOwner) async {
    change(user) { held, _ in
      if held[session]?.owner == owner { held[session] = nil }
    }
  }

  public func record(_ leases: [SessionLease]) async {
    guard limit > 0 else { return }
    for lease in leases {
      change(lease.user) { held, time in
        if let standing = held[lease.session]?.owner, lease.owner.isSuperseded(by: standing) { return }
        held[lease.session] = Held(owner: lease.owner, until: time + timeToLive)
      }
    }
  }

  /// Notes which leases of a user other instances hold, so that the cap goes on where the shared store is away.
  package func noteElsewhere(_ leases: [SessionLease], of user: String) {
    guard limit > 0 else { return }
    change(user) { held, time in
      held = held.filter { !$0.value.isElsewhere }
      for lease in leases where held[lease.session] == nil {
        held[lease.session] = Held(owner: lease.owner, until: time + timeToLive, isElsewhere: true)
      }
    }
  }

  /// All that this instance holds now.
  public func leases() -> [SessionLease] {
    let time = now()
    return users.withLockedValue { users in
      users.values(at: time).flatMap { user, held in
        held.compactMap { session, held in
          held.until > time && !held.isElsewhere ? SessionLease(user: user.text, session: session, owner: held.owner) : nil
        }
      }
    }
  }

  @discardableResult
  private func change<Answer>(_ user: String, _ body: (inout [SessionID: Held], UnixTime) -> Answer) -> Answer {
    let time = now()
    let user = ExactText(user)
    return users.withLockedValue { users in
      let before = users.value(user, at: time)
      var held = before?.filter { $0.value.until > time } ?? [:]
      let answer = body(&held, time)
      if !held.isEmpty { users.set(user, held, at: time) } else if before != nil { users.remove(user) }
      return answer
    }
  }
}
