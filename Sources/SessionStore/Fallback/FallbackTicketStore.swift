public import VoiceCore

/// Tickets in Redis, and in memory while it is away.
///
/// A ticket that went to Redis is not judged while Redis is away: it may be good, and it might have been taken already.
public struct FallbackTicketStore: TicketStore {
  private let primary: any TicketStore
  private let memory: MemoryTicketStore
  private let fallback: Fallback

  /// Creates a ticket store that falls back to memory.
  public init(primary: any TicketStore, memory: MemoryTicketStore, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
  }

  public func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool {
    if let isKept = try await fallback.onPrimary({ try await primary.put(holder, under: name, for: lifetime) }) { return isKept }
    return try await memory.put(holder, under: name, for: lifetime)
  }

  /// - Throws: ``RedisError`` where Redis alone could tell and is away.
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
}
