import NIOConcurrencyHelpers
public import RateLimiting
import VoiceCore

/// Contract of every `RateLimiter`. See ``SessionStoreConformance`` for how to run it.
public enum RateLimiterConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let limiter: any RateLimiter
    let limit: Int
    let window: Duration
    let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - limit: as the limiter was made with; at least 2.
    ///   - window: as the limiter was made with; at least 60 s.
    ///   - advance: moves the limiter's clock. Rules keep a second's distance from every edge, so that a real clock may run beside.
    ///   - limiter: implementation under test.
    public init(limiter: any RateLimiter, limit: Int, window: Duration, advance: @escaping @Sendable (Duration) async throws -> Void) {
      self.limiter = limiter
      self.limit = limit
      self.window = window
      self.advance = advance
    }

    func admit(_ user: String, _ session: SessionID) async throws -> RateDecision { try await limiter.admit(user: user, session: session) }

    func fill(_ user: String) async throws -> [SessionID] {
      let sessions = Samples.ids(limit)
      for session in sessions {
        try require(try await admit(user, session).isAllowed, "a session within the limit was refused")
      }
      return sessions
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("exactly the limit is admitted, and each answer says how many remain") { subject in
      let user = Samples.user()
      for left in (0..<subject.limit).reversed() {
        let decision = try await subject.admit(user, Samples.id())
        try requireEqual(decision.isAllowed, true, "the answer with \(left + 1) left")
        try requireEqual(decision.limit, subject.limit, "the limit")
        try requireEqual(decision.remaining, left, "what remains")
        try requireEqual(decision.retryAfter, nil, "retryAfter of an admitted session")
        try requireNear(decision.resetAfter, subject.window, "resetAfter")
      }
      for _ in 0..<3 {
        let decision = try await subject.admit(user, Samples.id())
        try requireEqual(decision.isAllowed, false, "the answer beyond the limit")
        try requireEqual(decision.remaining, 0, "what remains")
        try requireNear(decision.retryAfter ?? .zero, subject.window, "retryAfter")
      }
    },
    Rule("the window slides: a place is free when the oldest session leaves it, not before, and only that one") { subject in
      let user = Samples.user()
      _ = try await subject.admit(user, Samples.id())
      try await subject.advance(.seconds(10))
      for _ in 1..<subject.limit { _ = try await subject.admit(user, Samples.id()) }
      try await subject.advance(subject.window - .seconds(12))
      let early = try await subject.admit(user, Samples.id())
      try requireEqual(early.isAllowed, false, "the answer before the oldest has left")
      try requireNear(early.retryAfter ?? .zero, .seconds(2), "retryAfter")
      try await subject.advance(.seconds(3))
      try requireEqual(try await subject.admit(user, Samples.id()).isAllowed, true, "the answer after the oldest has left")
      let next = try await subject.admit(user, Samples.id())
      try requireEqual(next.isAllowed, false, "the answer to one more")
      try requireNear(next.retryAfter ?? .zero, .seconds(9), "retryAfter")
    },
    Rule("refused attempts do not count") { subject in
      let user = Samples.user()
      _ = try await subject.fill(user)
      try await subject.advance(subject.window / 2)
      for _ in 0..<10 { try requireEqual(try await subject.admit(user, Samples.id()).isAllowed, false, "an attempt beyond the limit") }
      try await subject.advance(subject.window / 2 + .seconds(1))
      _ = try await subject.fill(user)
    },
    Rule("asking again for the same session counts once, also where the limit is reached") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      let again = try await subject.admit(user, sessions[0])
      try requireEqual(again.isAllowed, true, "the answer to the same session")
      try requireEqual(again.remaining, 0, "what remains")
      try requireEqual(try await subject.admit(user, Samples.id()).isAllowed, false, "the answer to another")
    },
    Rule("asking again does not prolong: a session leaves the window that it was first admitted in") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      try await subject.advance(subject.window - .seconds(3))
      for session in sessions { _ = try await subject.admit(user, session) }
      try await subject.advance(.seconds(5))
      _ = try await subject.fill(user)
    },
    Rule("a refund gives one place back, and a second refund none") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      try await subject.limiter.refund(user: user, session: sessions[1])
      try await subject.limiter.refund(user: user, session: sessions[1])
      try await subject.limiter.refund(user: user, session: Samples.id())
      try requireEqual(try await subject.admit(user, Samples.id()).isAllowed, true, "the answer after a refund")
      try requireEqual(try await subject.admit(user, Samples.id()).isAllowed, false, "the answer to one more")
    },
    Rule("a reset forgets all of a user's sessions, and no other user's") { subject in
      let (user, other) = (Samples.user(), Samples.user())
      _ = try await subject.fill(user)
      _ = try await subject.fill(other)
      try await subject.limiter.reset(user: user)
      _ = try await subject.fill(user)
      try requireEqual(try await subject.admit(other, Samples.id()).isAllowed, false, "the other user's answer")
    },
    Rule("many attempts at once admit exactly the limit") { subject in
      for _ in 0..<10 {
        let user = Samples.user()
        let admitted = NIOLockedValueBox(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<(subject.limit * 5) {
            group.addTask {
              if try await subject.admit(user, Samples.id()).isAllowed { admitted.withLockedValue { $0 += 1 } }
            }
          }
          try await group.waitForAll()
        }
        try requireEqual(admitted.withLockedValue { $0 }, subject.limit, "the number admitted")
      }
    },
  ]

  /// Requires that two durations differ by at most two seconds, the tolerance of a real clock.
  private static func requireNear(_ found: Duration, _ expected: Duration, _ what: String, line: UInt = #line) throws {
    try require(found <= expected && found > expected - .seconds(2), "\(what) is \(found), not about \(expected)", line: line)
  }
}
