public import VoiceCore

/// Tickets in Redis, and in memory while Redis is unavailable.
///
/// A ticket that went to Redis is not judged while Redis is unavailable: it may be good, and it might have been taken already. One that was
/// minted meanwhile is good on this instance, and on all once Redis is back.
public struct FallbackTicketStore: TicketStore, FallbackComponent {
  private let primary: any TicketStore
  private let memory: MemoryTicketStore
  private let fallback: Fallback

  /// Creates a ticket store that falls back to memory.
  public init(primary: any TicketStore, memory: MemoryTicketStore, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
    fallback.add(self)
  }

  public func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool {
    if let isKept = try await fallback.onPrimary({ try await primary.put(holder, under: name, for: lifetime) }) { return isKept }
    guard try await memory.put(holder, under: name, for: lifetime) else { return false }
    _ = try await fallback.onPrimary(noting: .ticket(name)) { try await hand(name) }
    return true
  }

  /// - Throws: ``RedisError`` where only Redis could know and is unavailable.
  public func take(_ name: String) async throws -> VerifiedToken? {
    if let holder = try await memory.take(name) { return holder }
    return try await asked { try await primary.take(name) }
  }

  /// - Throws: as ``take(_:)`` does.
  public func find(_ name: String) async throws -> VerifiedToken? {
    if let holder = try await memory.find(name) { return holder }
    return try await asked { try await primary.find(name) }
  }

  private func asked(_ ask: () async throws -> VerifiedToken?) async throws -> VerifiedToken? {
    guard let answer = try await fallback.onPrimary(ask) else {
      throw RedisError(.unreachable, "tickets and keys cannot be looked up while Redis is away")
    }
    return answer
  }

  // MARK: The way back

  /// A ticket goes from memory to Redis: it is never in both, so that it is taken once.
  private func hand(_ name: String) async throws {
    guard let (holder, lifetime) = memory.withdraw(name) else { return }
    do { _ = try await primary.put(holder, under: name, for: lifetime) } catch {
      _ = try await memory.put(holder, under: name, for: lifetime)
      throw error
    }
  }

  func inventory() -> [FallbackChange] { [] }

  func writeThrough(_ changes: [FallbackChange]) async throws {
    let names = changes.compactMap { if case .ticket(let name) = $0 { name } else { nil } }
    try await withLimitedConcurrency(names) { try await hand($0) }
  }
}
