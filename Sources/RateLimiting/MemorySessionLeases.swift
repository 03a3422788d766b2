import NIOConcurrencyHelpers
public import VoiceCore

/// The cap on concurrent sessions in this process: for one instance, for tests, and while Redis is away.
public final class MemorySessionLeases: RecordingSessionLeases {
  private let limit: Int
  private let timeToLive: Duration
  private let now: @Sendable () -> UnixTime
  /// End of each lease, by user and session.
  private let users: NIOLockedValueBox<ExpiringTable<String, [SessionID: UnixTime]>>

  /// - Parameters:
  ///   - limit: `0` means none.
  ///   - timeToLive: how long a lease lives that is not renewed.
  ///   - capacity: with this many users, the one who renewed longest ago makes room.
  public init(limit: Int, timeToLive: Duration = .seconds(30), capacity: Int = 100_000, now: @escaping @Sendable () -> UnixTime) {
    self.limit = limit
    self.timeToLive = timeToLive
    self.now = now
    users = NIOLockedValueBox(ExpiringTable(timeToLive: timeToLive, capacity: capacity))
  }

  public func acquire(user: String, session: SessionID) async -> Bool {
    guard limit > 0 else { return true }
    let time = now()
    return users.withLockedValue { users in
      var held = Self.held(users.value(user, at: time), at: time)
      guard held[session] != nil || held.count < limit else { return false }
      held[session] = time + timeToLive
      users.set(user, held, at: time)
      return true
    }
  }

  public func renew(user: String, session: SessionID) async -> Bool {
    guard limit > 0 else { return true }
    let time = now()
    return users.withLockedValue { users in
      var held = Self.held(users.value(user, at: time), at: time)
      guard held[session] != nil else { return false }
      held[session] = time + timeToLive
      users.set(user, held, at: time)
      return true
    }
  }

  public func release(user: String, session: SessionID) async {
    let time = now()
    users.withLockedValue { users in
      var held = Self.held(users.value(user, at: time), at: time)
      guard held.removeValue(forKey: session) != nil else { return }
      if held.isEmpty { users.remove(user) } else { users.set(user, held, at: time) }
    }
  }

  public func record(_ leases: [SessionLease]) async {
    guard limit > 0 else { return }
    let time = now()
    users.withLockedValue { users in
      for lease in leases {
        var held = Self.held(users.value(lease.user, at: time), at: time)
        held[lease.session] = time + timeToLive
        users.set(lease.user, held, at: time)
      }
    }
  }

  /// All that are held now.
  public func leases() -> [SessionLease] {
    let time = now()
    return users.withLockedValue { users in
      users.values(at: time).flatMap { user, held in
        Self.held(held, at: time).keys.map { SessionLease(user: user, session: $0) }
      }
    }
  }

  private static func held(_ leases: [SessionID: UnixTime]?, at time: UnixTime) -> [SessionID: UnixTime] {
    leases?.filter { $0.value > time } ?? [:]
  }
}
