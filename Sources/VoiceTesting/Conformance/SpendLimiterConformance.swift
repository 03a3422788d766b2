import NIOConcurrencyHelpers
public import RateLimiting
import VoiceCore

/// Contract of every `SpendLimiter`. See ``SessionStoreConformance`` for how to run it.
public enum SpendLimiterConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let ledger: any SpendLimiter
    let limit: Int64
    let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - limit: as the ledger was made with; at least 1,000.
    ///   - advance: moves the clock.
    ///   - ledger: implementation under test.
    public init(ledger: any SpendLimiter, limit: Int64, advance: @escaping @Sendable (Duration) async throws -> Void) {
      self.ledger = ledger
      self.limit = limit
      self.advance = advance
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("what is set aside is what was asked for, and asking again changes nothing") { subject in
      let (user, session) = (Samples.user(), Samples.id())
      for _ in 0..<2 { try requireEqual(try await subject.ledger.reserve(300, for: session, of: user), 300, "set aside") }
      try requireEqual(try await subject.ledger.reserve(subject.limit, for: Samples.id(), of: user), subject.limit - 300, "what is left")
    },
    Rule("what is set aside is never taken back") { subject in
      let (user, session) = (Samples.user(), Samples.id())
      _ = try await subject.ledger.reserve(500, for: session, of: user)
      try requireEqual(try await subject.ledger.reserve(100, for: session, of: user), 500, "set aside")
    },
    Rule("many sessions at once get no more than the limit, in any order") { subject in
      let user = Samples.user()
      let granted = NIOLockedValueBox<[Int64]>([])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          group.addTask {
            let amount = try await subject.ledger.reserve(subject.limit / 5, for: Samples.id(), of: user)
            granted.withLockedValue { $0.append(amount) }
          }
        }
        try await group.waitForAll()
      }
      try requireEqual(granted.withLockedValue { $0.reduce(0, +) }, subject.limit, "all that is set aside")
      try requireEqual(try await subject.ledger.reserve(1, for: Samples.id(), of: user), 0, "what is left")
    },
    Rule("a session that is over gives back what it did not spend, once") { subject in
      let (user, session) = (Samples.user(), Samples.id())
      _ = try await subject.ledger.reserve(subject.limit, for: session, of: user)
      for _ in 0..<2 { try await subject.ledger.settle(200, for: session, of: user) }
      try requireEqual(try await subject.ledger.reserve(subject.limit, for: Samples.id(), of: user), subject.limit - 200, "what is left")
    },
    Rule("one user's spending is not another's") { subject in
      _ = try await subject.ledger.reserve(subject.limit, for: Samples.id(), of: Samples.user())
      try requireEqual(try await subject.ledger.reserve(10, for: Samples.id(), of: Samples.user()), 10, "set aside")
    },
  ]

  /// Rules for ledgers whose clock the test moves.
  public static let rulesOfDays: [ConformanceRule<Subject>] = [
    Rule("a new day begins with nothing spent") { subject in
      let user = Samples.user()
      _ = try await subject.ledger.reserve(subject.limit, for: Samples.id(), of: user)
      try await subject.advance(.seconds(86_400))
      try requireEqual(try await subject.ledger.reserve(10, for: Samples.id(), of: user), 10, "set aside")
    }
  ]
}
