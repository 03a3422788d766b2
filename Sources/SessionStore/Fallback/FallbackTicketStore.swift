public import VoiceCore

/// Tickets in Redis, and in memory while it is away.
///
/// A ticket that went to Redis is void while Redis is away: it might have been taken already.
public struct FallbackTicketStore: TicketStore {
  private let primary: any TicketStore
  private let memory: MemoryTicketStore
  private let fallback: Fallback

  public init(primary: any TicketStore, memory: MemoryTicketStore, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
  }

  public func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool {
    if let isKept = try await fallback.onPrimary({ try await primary.put(holder, under: name, for: lifetime) }) { return isKept }
    return try await memory.put(holder, under: name, for: lifetime)
  }

  public func take(_ name: String) async throws -> VerifiedToken? {
    if let holder = try await memory.take(name) { return holder }
    return try await fallback.onPrimary { try await primary.take(name) } ?? nil
  }

  public func find(_ name: String) async throws -> VerifiedToken? {
    if let holder = try await memory.find(name) { return holder }
    return try await fallback.onPrimary { try await primary.find(name) } ?? nil
  }
}
