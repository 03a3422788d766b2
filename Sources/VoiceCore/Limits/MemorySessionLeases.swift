import NIOConcurrencyHelpers

/// The cap on concurrent sessions in this process.
public final class MemorySessionLeases: SessionLeases {
  private let limit: Int
  private let timeToLive: Duration
  private let now: @Sendable () -> UnixTime
  /// When each lease ends, by user and session.
  private let leases = NIOLockedValueBox<[String: [SessionID: UnixTime]]>([:])

  /// - Parameters:
  ///   - limit: `0` means none.
  ///   - timeToLive: how long a lease lives that is not renewed.
  public init(limit: Int, timeToLive: Duration = .seconds(30), now: @escaping @Sendable () -> UnixTime) {
    self.limit = limit
    self.timeToLive = timeToLive
    self.now = now
  }

  public func acquire(user: String, session: SessionID) async -> Bool {
    guard limit > 0 else { return true }
    let time = now()
    return leases.withLockedValue { leases in
      var held = leases[user, default: [:]].filter { $0.value > time }
      defer { leases[user] = held }
      guard held[session] != nil || held.count < limit else { return false }
      held[session] = time + timeToLive
      return true
    }
  }

  public func renew(user: String, session: SessionID) async -> Bool {
    guard limit > 0 else { return true }
    let time = now()
    return leases.withLockedValue { leases in
      guard let end = leases[user]?[session], end > time else { return false }
      leases[user]?[session] = time + timeToLive
      return true
    }
  }

  public func release(user: String, session: SessionID) async {
    leases.withLockedValue { leases in
      leases[user]?[session] = nil
      if leases[user]?.isEmpty ?? false { leases[user] = nil }
    }
  }
}
