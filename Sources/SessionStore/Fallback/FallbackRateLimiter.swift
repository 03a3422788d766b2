public import RateLimiting
public import VoiceCore

/// The limit in Redis, and in memory while Redis is unavailable.
///
/// Memory knows what this instance admitted, and what Redis last said of the user: so the limit goes on from where it was.
public final class FallbackRateLimiter: RateLimiter, FallbackComponent {
  private let primary: any RecordingRateLimiter
  private let memory: MemoryRateLimiter
  private let fallback: Fallback

  /// Creates a limiter that falls back to memory.
  public init(primary: any RecordingRateLimiter, memory: MemoryRateLimiter, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
    fallback.add(self)
  }

  public func admit(user: String, session: SessionID) async throws -> RateDecision {
    if let answer = try await fallback.onPrimary({ try await primary.admitListing(user: user, session: session) }) {
      if answer.decision.isAllowed { await memory.record([RateAdmission(user: user, session: session, age: .zero)]) }
      memory.noteElsewhere(answer.counted, of: user)
      return answer.decision
    }
    let decision = await memory.admit(user: user, session: session)
    if decision.isAllowed {
      _ = try await fallback.onPrimary(noting: .admission(user: ExactText(user))) {
        try await primary.record([RateAdmission(user: user, session: session, age: .zero)])
      }
    }
    return decision
  }

  public func refund(user: String, session: SessionID) async throws {
    await memory.refund(user: user, session: session)
    _ = try await fallback.onPrimary(noting: .refund(user: ExactText(user), session: session)) {
      try await primary.refund(user: user, session: session)
    }
  }

  public func reset(user: String) async throws {
    await memory.reset(user: user)
    _ = try await fallback.onPrimary(noting: .reset(user: ExactText(user))) { try await primary.reset(user: user) }
  }

  func inventory() -> [FallbackChange] { Set(memory.admissions().map { ExactText($0.user) }).map { .admission(user: $0) } }

  func writeThrough(_ changes: [FallbackChange]) async throws {
    // All that is taken away is: then what memory knows is put back.
    try await withLimitedConcurrency(changes) { [primary] change in
      switch change {
      case .refund(let user, let session): try await primary.refund(user: user.text, session: session)
      case .reset(let user): try await primary.reset(user: user.text)
      case .admission, .session, .presence, .deletion, .lease, .release, .spending, .notice, .ticket: break
      }
    }
    var users: Set<ExactText> = []
    for change in changes {
      switch change {
      case .admission(let user), .refund(let user, _), .reset(let user): users.insert(user)
      case .session, .presence, .deletion, .lease, .release, .spending, .notice, .ticket: break
      }
    }
    if !users.isEmpty { try await primary.record(memory.admissions(of: users)) }
  }
}
