import NIOConcurrencyHelpers
public import RateLimiting
import VoiceCore

/// Contract of every `SessionLeases`. See ``SessionStoreConformance`` for how to run it.
public enum SessionLeasesConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let leases: any SessionLeases
    let limit: Int
    let timeToLive: Duration
    let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - limit: as the leases were made with; at least 2.
    ///   - timeToLive: as the leases were made with; at least 10 s.
    ///   - advance: moves the clock. Rules keep a second's distance from every edge, so that a real clock may run beside.
    ///   - leases: implementation under test.
    public init(leases: any SessionLeases, limit: Int, timeToLive: Duration, advance: @escaping @Sendable (Duration) async throws -> Void) {
      self.leases = leases
      self.limit = limit
      self.timeToLive = timeToLive
      self.advance = advance
    }

    func acquire(_ user: String, _ session: SessionID, _ owner: SessionOwner = Samples.owner(1)) async throws -> Bool {
      try await leases.acquire(user: user, session: session, owner: owner).isHeld
    }

    func renew(_ user: String, _ session: SessionID, _ owner: SessionOwner = Samples.owner(1)) async throws -> LeaseStanding {
      try await leases.renew(user: user, session: session, owner: owner)
    }

    func fill(_ user: String) async throws -> [SessionID] {
      let sessions = Samples.ids(limit)
      for session in sessions { try require(try await acquire(user, session), "a lease within the cap was refused") }
      return sessions
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("a user holds as many leases as the cap allows, and no more") { subject in
      let user = Samples.user()
      _ = try await subject.fill(user)
      try requireEqual(try await subject.acquire(user, Samples.id()), false, "one more")
      _ = try await subject.fill(Samples.user())
    },
    Rule("asking again for the same session renews its lease and takes no second one") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      try await subject.advance(subject.timeToLive - .seconds(3))
      for session in sessions { try requireEqual(try await subject.acquire(user, session), true, "the same session again") }
      try await subject.advance(.seconds(5))
      try requireEqual(try await subject.acquire(user, Samples.id()), false, "one more")
    },
    Rule("a released lease is free at once, and a second release frees nothing") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      for _ in 0..<2 { try await subject.leases.release(user: user, session: sessions[0], owner: Samples.owner(1)) }
      try requireEqual(try await subject.renew(user, sessions[0]), .lost, "renewing what was released")
      try requireEqual(try await subject.acquire(user, Samples.id()), true, "the free place")
      try requireEqual(try await subject.acquire(user, Samples.id()), false, "one more")
    },
    Rule("a lease that is not renewed ends by itself, one that is renewed lives on") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      try await subject.advance(subject.timeToLive - .seconds(3))
      try requireEqual(try await subject.renew(user, sessions[0]), .held, "renewing in time")
      try await subject.advance(.seconds(5))
      try requireEqual(try await subject.renew(user, sessions[1]), .lost, "renewing too late")
      try requireEqual(try await subject.renew(user, sessions[0]), .held, "renewing again")
      for _ in 1..<subject.limit { try requireEqual(try await subject.acquire(user, Samples.id()), true, "a place that came free") }
      try requireEqual(try await subject.acquire(user, Samples.id()), false, "one more")
    },
    Rule("many at once take exactly as many as the cap allows") { subject in
      for _ in 0..<10 {
        let user = Samples.user()
        let taken = NIOLockedValueBox(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<(subject.limit * 8) {
            group.addTask { if try await subject.acquire(user, Samples.id()) { taken.withLockedValue { $0 += 1 } } }
          }
          try await group.waitForAll()
        }
        try requireEqual(taken.withLockedValue { $0 }, subject.limit, "the number of leases")
      }
    },
    Rule("a newer owner of a session takes its lease over, and the older one is told") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      try requireEqual(try await subject.acquire(user, sessions[0], Samples.owner(2, on: "b")), true, "the newer owner")
      try requireEqual(try await subject.renew(user, sessions[0]), .replaced, "renewing for the older owner")
      try requireEqual(
        try await subject.leases.acquire(user: user, session: sessions[0], owner: Samples.owner(1)), .replaced,
        "acquiring for the older owner")
      try await subject.leases.release(user: user, session: sessions[0], owner: Samples.owner(1))
      try requireEqual(try await subject.renew(user, sessions[0], Samples.owner(2, on: "b")), .held, "renewing for the newer owner")
      try requireEqual(try await subject.acquire(user, Samples.id()), false, "one more")
    },
    Rule("a cap that is reached names the leases that fill it") { subject in
      let user = Samples.user()
      let sessions = try await subject.fill(user)
      let answer = try await subject.leases.acquire(user: user, session: Samples.id(), owner: Samples.owner(1))
      guard case .full(let leases) = answer else { throw ConformanceViolation(detail: "one more is \(answer)", line: #line) }
      try requireEqual(Set(leases.map(\.session)), Set(sessions), "those that hold a lease")
      try requireEqual(Set(leases.map(\.owner)), [Samples.owner(1)], "their owners")
    },
  ]
}
