import NIOConcurrencyHelpers
public import VoiceCore

/// Contract of every `TicketStore`. See ``SessionStoreConformance`` for how to run it.
public enum TicketStoreConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let store: any TicketStore
    let maxPerUser: Int
    let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - maxPerUser: as the store was made with; at least 2.
    ///   - advance: moves the clock. Rules keep a second's distance from every edge, so that a real clock may run beside.
    ///   - store: implementation under test.
    public init(store: any TicketStore, maxPerUser: Int, advance: @escaping @Sendable (Duration) async throws -> Void) {
      self.store = store
      self.maxPerUser = maxPerUser
      self.advance = advance
    }

    func put(_ holder: VerifiedToken, _ name: String, seconds: Int = 30) async throws -> Bool {
      try await store.put(holder, under: name, for: .seconds(seconds))
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  private static func holder(plan: String? = "élite") -> VerifiedToken {
    VerifiedToken(userID: Samples.user(), plan: plan, tenant: plan.map { "of " + $0 }, expiresAt: UnixTime(milliseconds: 1_795_230_000_123))
  }
  private static func name() -> String { "-_" + Samples.id().rawValue }

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("what was put is found as it was, and as often as it is asked for") { subject in
      for plan in ["élite", "", nil] {
        let (holder, name) = (holder(plan: plan), name())
        try requireEqual(try await subject.put(holder, name), true, "putting")
        for _ in 0..<2 { try requireEqual(try await subject.store.find(name), holder, "the holder") }
      }
      try requireEqual(try await subject.store.find(name()), nil, "an unknown name's holder")
    },
    Rule("what was taken is gone") { subject in
      let (holder, name) = (holder(), name())
      _ = try await subject.put(holder, name)
      try requireEqual(try await subject.store.take(name), holder, "the holder")
      try requireEqual(try await subject.store.take(name), nil, "a second holder")
    },
    Rule("of many who take at once one gets it") { subject in
      for _ in 0..<10 {
        let name = name()
        _ = try await subject.put(holder(), name)
        let taken = NIOLockedValueBox(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<16 {
            group.addTask { if try await subject.store.take(name) != nil { taken.withLockedValue { $0 += 1 } } }
          }
          try await group.waitForAll()
        }
        try requireEqual(taken.withLockedValue { $0 }, 1, "the number of takers")
      }
    },
    Rule("a ticket is over when its time is") { subject in
      let (holder, short, long) = (holder(), name(), name())
      _ = try await subject.put(holder, long, seconds: 600)
      _ = try await subject.put(holder, short, seconds: 30)
      try await subject.advance(.seconds(28))
      try requireEqual(try await subject.store.find(short), holder, "the holder before")
      try await subject.advance(.seconds(4))
      try requireEqual(try await subject.store.find(short), nil, "the holder after")
      try requireEqual(try await subject.store.take(short), nil, "the holder after")
      try requireEqual(try await subject.store.find(long), holder, "the other's holder")
    },
    Rule("a user has no more than the bound, until one is taken or over") { subject in
      let holder = holder()
      let names = (0..<subject.maxPerUser).map { _ in name() }
      for name in names { try requireEqual(try await subject.put(holder, name, seconds: name == names[0] ? 30 : 600), true, "putting") }
      let more = name()
      try requireEqual(try await subject.put(holder, more), false, "one more")
      try requireEqual(try await subject.store.find(more), nil, "the refused one's holder")
      try requireEqual(try await subject.put(Self.holder(), name()), true, "another user's")
      _ = try await subject.store.take(names[1])
      try requireEqual(try await subject.put(holder, name(), seconds: 600), true, "in place of what was taken")
      try await subject.advance(.seconds(32))
      try requireEqual(try await subject.put(holder, name(), seconds: 600), true, "in place of what is over")
      try requireEqual(try await subject.put(holder, name()), false, "one more at last")
    },
  ]
}
