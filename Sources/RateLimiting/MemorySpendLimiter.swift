import NIOConcurrencyHelpers
@_spi(VoiceRealtime) public import VoiceCore

/// Daily spending of users in this process: for one instance, for tests, and as the fallback of Redis.
public final class MemorySpendLimiter: RecordingSpendLimiter {
  private struct Day {
    var number: Int64
    /// Spend booked by other instances, as the shared store said last.
    var elsewhere: Int64 = 0
    /// Set aside or spent, by connection.
    var amounts: [SessionID: Int64] = [:]
  }

  private let limit: Int64
  private let now: @Sendable () -> UnixTime
  private let users: NIOLockedValueBox<ExpiringTable<ExactText, Day>>

  /// - Parameters:
  ///   - limit: a user's day, in millionths of a US dollar.
  ///   - capacity: with this many users, the one who spent longest ago makes room.
  ///   - now: clock of the store.
  public init(limit: Int64, capacity: Int = 100_000, now: @escaping @Sendable () -> UnixTime) {
    self.limit = limit
    self.now = now
    users = NIOLockedValueBox(ExpiringTable(timeToLive: .seconds(86_400), capacity: capacity))
  }

  public func reserve(_ amount: Int64, for session: SessionID, of user: String) async -> Int64 {
    await reserveTelling(amount, for: session, of: user).granted
  }

  public func reserveTelling(_ amount: Int64, for connection: SessionID, of user: String) async -> (granted: Int64, others: Int64) {
    change(user) { day in
      let own = day.amounts[connection] ?? 0
      let others = day.elsewhere + day.amounts.values.reduce(0, +) - own
      let granted = max(own, min(amount, limit - others))
      guard granted > 0 else { return (0, others) }
      day.amounts[connection] = granted
      return (granted, others)
    }
  }

  public func settle(_ spent: Int64, for session: SessionID, of user: String) async {
    change(user) { day in day.amounts[session] = spent }
  }

  public func record(_ entries: [SpendEntry]) async {
    for entry in entries {
      change(entry.user) { day in if entry.day == day.number { day.amounts[entry.connection] = entry.amount } }
    }
  }

  /// Notes what the shared store said: what it granted to `connection`, and what all others have booked there.
  package func note(granted: Int64, to connection: SessionID, others: Int64, of user: String) {
    change(user) { day in
      if granted > 0 { day.amounts[connection] = granted }
      day.elsewhere = max(0, others - (day.amounts.values.reduce(0, +) - (day.amounts[connection] ?? 0)))
    }
  }

  /// All that was booked here today.
  package func entries(of names: Set<ExactText>? = nil) -> [SpendEntry] {
    let time = now()
    let today = time.day
    return users.withLockedValue { users in
      users.values(at: time).flatMap { user, day in
        guard day.number == today, names?.contains(user) ?? true else { return [SpendEntry]() }
        return day.amounts.map { SpendEntry(user: user.text, connection: $0.key, amount: $0.value, day: today) }
      }
    }
  }

  @discardableResult private func change<Answer>(_ user: String, _ body: (inout Day) -> Answer) -> Answer {
    let time = now()
    let user = ExactText(user)
    return users.withLockedValue { users in
      let today = time.day
      var day = users.value(user, at: time).flatMap { $0.number == today ? $0 : nil } ?? Day(number: today)
      let answer = body(&day)
      users.set(user, day, at: time)
      return answer
    }
  }

}
