public import RateLimiting
public import VoiceCore

/// What users spend in Redis, and in memory while it is away.
///
/// Amounts are absolute: what a session has spent meanwhile goes to Redis with the next step when it is back.
public struct FallbackSpendLedger: SpendLedger {
  private let primary: any SpendLedger
  private let memory: MemorySpendLedger
  private let fallback: Fallback

  public init(primary: any SpendLedger, memory: MemorySpendLedger, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
  }

  public func reserve(_ amount: Int64, for session: SessionID, of user: String) async throws -> Int64 {
    if let granted = try await fallback.onPrimary({ try await primary.reserve(amount, for: session, of: user) }) { return granted }
    return await memory.reserve(amount, for: session, of: user)
  }

  public func settle(_ spent: Int64, for session: SessionID, of user: String) async throws {
    await memory.settle(spent, for: session, of: user)
    _ = try await fallback.onPrimary { try await primary.settle(spent, for: session, of: user) }
  }
}
