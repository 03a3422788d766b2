public import RateLimiting
public import VoiceCore

/// Leases in Redis, and in memory while Redis is unavailable.
///
/// Memory knows what this instance holds, and what Redis last said of the user: so the cap goes on, and a lease that Redis lost is taken
/// again.
public final class FallbackSessionLeases: SessionLeases, FallbackComponent {
  private let primary: RedisSessionLeases
  private let memory: MemorySessionLeases
  private let fallback: Fallback

  /// Creates leases that fall back to memory.
  public init(primary: RedisSessionLeases, memory: MemorySessionLeases, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
    fallback.add(self)
  }

  public func acquire(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseAnswer {
    let lease = SessionLease(user: user, session: session, owner: owner)
    if let (answer, others) = try await fallback.onPrimary({
      try await primary.acquireListing(user: user, session: session, owner: owner)
    }) {
      memory.noteElsewhere(others, of: user)
      if answer.isHeld { await memory.record([lease]) }
      return answer
    }
    let answer = await memory.acquire(user: user, session: session, owner: owner)
    guard answer.isHeld else { return answer }
    _ = try await fallback.onPrimary(noting: .lease(lease)) { try await primary.record([lease]) }
    return answer
  }

  public func renew(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseStanding {
    let here = await memory.renew(user: user, session: session, owner: owner)
    let lease = SessionLease(user: user, session: session, owner: owner)
    let change: FallbackChange? = here == .held ? .lease(lease) : nil
    return try await fallback.onPrimary(noting: change) {
      try await primary.renew(user: user, session: session, owner: owner)
    } ?? here
  }

  public func release(user: String, session: SessionID, owner: SessionOwner) async throws {
    await memory.release(user: user, session: session, owner: owner)
    let lease = SessionLease(user: user, session: session, owner: owner)
    _ = try await fallback.onPrimary(noting: .release(lease)) {
      try await primary.release(user: user, session: session, owner: owner)
    }
  }

  func inventory() -> [FallbackChange] { memory.leases().map { .lease($0) } }

  func writeThrough(_ changes: [FallbackChange]) async throws {
    var taken: Set<SessionLease> = []
    var released: Set<SessionLease> = []
    for change in changes {
      switch change {
      case .lease(let lease): taken.insert(lease)
      case .release(let lease): released.insert(lease)
      case .session, .presence, .deletion, .admission, .refund, .reset, .spending, .notice, .ticket: break
      }
    }
    guard !taken.isEmpty || !released.isEmpty else { return }
    let held = Set(memory.leases())
    // Those that were released, and taken again since, stay.
    try await withLimitedConcurrency(released.subtracting(held)) { [primary] in
      try await primary.release(user: $0.user, session: $0.session, owner: $0.owner)
    }
    let due = taken.intersection(held)
    if !due.isEmpty { try await primary.record(Array(due)) }
  }
}
