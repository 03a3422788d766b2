import NIOConcurrencyHelpers
public import VoiceCore

/// Daily spending of users in this process: for one instance, for tests, and as the fallback of Redis.
public final class MemorySpendLedger: SpendLedger {
  private struct Day {
    var number: Int64
    var settled: Int64 = 0
    var reserved: [SessionID: Int64] = [:]
  }

  private let limit: Int64
  private let now: @Sendable () -> UnixTime
  private let users: NIOLockedValueBox<ExpiringTable<String, Day>>

  /// - Parameters:
  ///   - limit: a user's day, in millionths of a US dollar.
  ///   - capacity: with this many users, the one who spent longest ago makes room.
  public init(limit: Int64, capacity: Int = 100_000, now: @escaping @Sendable () -> UnixTime) {
    self.limit = limit
    self.now = now
    users = NIOLockedValueBox(ExpiringTable(timeToLive: .seconds(86_400), capacity: capacity))
  }

  public func reserve(_ amount: Int64, for session: SessionID, of user: String) async -> Int64 {
    let time = now()
    return users.withLockedValue { users in
      var day = Self.day(users.value(user, at: time), at: time)
      let own = day.reserved[session] ?? 0
      let others = day.settled + day.reserved.values.reduce(0, +) - own
      let granted = max(own, min(amount, limit - others))
      guard granted > 0 else { return 0 }
      day.reserved[session] = granted
      users.set(user, day, at: time)
      return granted
    }
  }

  public func settle(_ spent: Int64, for session: SessionID, of user: String) async {
    let time = now()
    users.withLockedValue { users in
      var day = Self.day(users.value(user, at: time), at: time)
      guard day.reserved.removeValue(forKey: session) != nil else { return }
      day.settled += spent
      users.set(user, day, at: time)
    }
  }

  private static func day(_ known: Day?, at time: UnixTime) -> Day {
    let number = time.milliseconds / 86_400_000
    guard let known, known.number == number else { return Day(number: number) }
    return known
  }
}
