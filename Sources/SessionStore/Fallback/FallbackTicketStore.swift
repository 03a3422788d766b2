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

  public func put(_ ticket: Secret, meaning: Secret, timeToLive: Duration) async throws {
    let isDone: Void? = try await fallback.onPrimary { try await primary.put(ticket, meaning: meaning, timeToLive: timeToLive) }
    if isDone == nil { await memory.put(ticket, meaning: meaning, timeToLive: timeToLive) }
  }

  public func take(_ ticket: Secret) async throws -> Secret? {
    if let meaning = await memory.take(ticket) { return meaning }
    return try await fallback.onPrimary { try await primary.take(ticket) } ?? nil
  }
}
