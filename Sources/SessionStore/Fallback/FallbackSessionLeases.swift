public import RateLimiting
public import VoiceCore

/// Leases in Redis, and in memory while it is away.
///
/// Memory knows what this instance holds: so the cap goes on for this instance's sessions, and a lease that Redis lost is taken again.
public final class FallbackSessionLeases: SessionLeases, FallbackComponent {
  private let primary: any RecordingSessionLeases
  private let memory: MemorySessionLeases
  private let fallback: Fallback

  public init(primary: any RecordingSessionLeases, memory: MemorySessionLeases, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
    fallback.add(self)
  }

  public func acquire(user: String, session: SessionID) async throws -> Bool {
    let lease = SessionLease(user: user, session: session)
    if let isHeld = try await fallback.onPrimary({ try await primary.acquire(user: user, session: session) }) {
      if isHeld { await memory.record([lease]) }
      return isHeld
    }
    guard await memory.acquire(user: user, session: session) else { return false }
    _ = try await fallback.onPrimary(noting: .lease(user: user, session: session)) { try await primary.record([lease]) }
    return true
  }

  public func renew(user: String, session: SessionID) async throws -> Bool {
    let isHere = await memory.renew(user: user, session: session)
    let lease = SessionLease(user: user, session: session)
    return try await fallback.onPrimary(noting: isHere ? .lease(user: user, session: session) : nil) {
      if try await primary.renew(user: user, session: session) { return true }
      // Redis lost it, while the session never ended.
      if isHere { try await primary.record([lease]) }
      return isHere
    } ?? isHere
  }

  public func release(user: String, session: SessionID) async throws {
    await memory.release(user: user, session: session)
    _ = try await fallback.onPrimary(noting: .release(user: user, session: session)) {
      try await primary.release(user: user, session: session)
    }
  }

  func writeThrough(_ changes: [FallbackChange], isFirst: Bool) async throws {
    var taken: Set<SessionLease> = []
    let held = Set(memory.leases())
    var released: Set<SessionLease> = []
    for change in changes {
      switch change {
      case .lease(let user, let session): taken.insert(SessionLease(user: user, session: session))
      case .release(let user, let session): released.insert(SessionLease(user: user, session: session))
      case .session, .deletion, .admission, .refund, .reset, .notice: break
      }
    }
    // Those that were released, and taken again since, stay.
    try await Bounded.all(released.subtracting(held)) { [primary] in try await primary.release(user: $0.user, session: $0.session) }
    let due = isFirst ? held : taken.intersection(held)
    if !due.isEmpty { try await primary.record(Array(due)) }
  }
}
