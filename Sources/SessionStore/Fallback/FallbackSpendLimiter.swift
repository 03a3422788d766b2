public import RateLimiting
public import VoiceCore

/// Spending of users in Redis, and in memory while it is unavailable.
///
/// Memory knows what this instance booked, and what Redis last said of all others: so a day that is spent stays spent. Amounts are
/// absolute, so that what was booked meanwhile can be written to Redis as often as it takes.
public final class FallbackSpendLimiter: SpendLimiter, FallbackComponent {
  private let primary: any RecordingSpendLimiter
  private let memory: MemorySpendLimiter
  private let fallback: Fallback

  /// Creates a ledger that falls back to memory.
  public init(primary: any RecordingSpendLimiter, memory: MemorySpendLimiter, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
    fallback.add(self)
  }

  public func reserve(_ amount: Int64, for session: SessionID, of user: String) async throws -> Int64 {
    if let answer = try await fallback.onPrimary({ try await primary.reserveTelling(amount, for: session, of: user) }) {
      memory.note(granted: answer.granted, to: session, others: answer.others, of: user)
      return answer.granted
    }
    let granted = await memory.reserve(amount, for: session, of: user)
    if granted > 0 { try await book(user) }
    return granted
  }

  public func settle(_ spent: Int64, for session: SessionID, of user: String) async throws {
    await memory.settle(spent, for: session, of: user)
    _ = try await fallback.onPrimary(noting: .spending(user: ExactText(user))) { try await primary.settle(spent, for: session, of: user) }
  }

  private func book(_ user: String) async throws {
    _ = try await fallback.onPrimary(noting: .spending(user: ExactText(user))) {
      try await primary.record(memory.entries(of: [ExactText(user)]))
    }
  }

  func inventory() -> [FallbackChange] { Set(memory.entries().map { ExactText($0.user) }).map { .spending(user: $0) } }

  func writeThrough(_ changes: [FallbackChange]) async throws {
    let users = Set(changes.compactMap { if case .spending(let user) = $0 { user } else { nil } })
    if !users.isEmpty { try await primary.record(memory.entries(of: users)) }
  }
}
