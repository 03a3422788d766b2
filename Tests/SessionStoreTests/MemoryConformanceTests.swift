import RateLimiting
import SessionStore
import Testing
import VoiceCore
import VoiceTesting

struct MemoryConformanceTests {
  private let clock = ManualClock()

  @Test(arguments: SessionStoreConformance.rules)
  func `the memory store keeps every rule of stores`(rule: ConformanceRule<SessionStoreConformance.Subject>) async throws {
    let store = MemorySessionStore(timeToLive: .seconds(3_600), now: { [clock] in clock.now })
    try await rule.check(.init(store: store, timeToLive: .seconds(3_600), advance: { [clock] in clock.advance(by: $0) }))
  }

  @Test(arguments: RateLimiterConformance.rules)
  func `the memory limiter keeps every rule of limiters`(rule: ConformanceRule<RateLimiterConformance.Subject>) async throws {
    let limiter = MemoryRateLimiter(limit: 5, window: .seconds(3_600), now: { [clock] in clock.now })
    try await rule.check(.init(limiter: limiter, limit: 5, window: .seconds(3_600), advance: { [clock] in clock.advance(by: $0) }))
  }

  @Test(arguments: SessionLeasesConformance.rules)
  func `the memory leases keep every rule of leases`(rule: ConformanceRule<SessionLeasesConformance.Subject>) async throws {
    let leases = MemorySessionLeases(limit: 2, now: { [clock] in clock.now })
    try await rule.check(.init(leases: leases, limit: 2, timeToLive: .seconds(30), advance: { [clock] in clock.advance(by: $0) }))
  }

  @Test(arguments: TicketStoreConformance.rules)
  func `the memory tickets keep every rule of tickets`(rule: ConformanceRule<TicketStoreConformance.Subject>) async throws {
    let store = MemoryTicketStore(maxPerUser: 4, now: { [clock] in clock.now })
    try await rule.check(.init(store: store, maxPerUser: 4, advance: { [clock] in clock.advance(by: $0) }))
  }

  @Test(arguments: SpendLimiterConformance.rules + SpendLimiterConformance.rulesOfDays)
  func `the memory ledger keeps every rule of ledgers`(rule: ConformanceRule<SpendLimiterConformance.Subject>) async throws {
    let ledger = MemorySpendLimiter(limit: 10_000, now: { [clock] in clock.now })
    try await rule.check(.init(ledger: ledger, limit: 10_000, advance: { [clock] in clock.advance(by: $0) }))
  }

  @Test func `a full store forgets what expires next, and never holds more than it may`() async {
    let store = MemorySessionStore(capacity: 10, now: { [clock] in clock.now })
    let sessions = (0..<25).map { session(UInt64($0)) }
    for session in sessions {
      await store.save(session, as: nil)
      clock.advance(by: .seconds(1))
    }
    #expect(await store.sessions(of: "u").count == 10)
    #expect(await store.load(sessions[14].id) == nil)
    #expect(await store.load(sessions[15].id) == sessions[15])
  }

  @Test func `a store full of bytes makes room by bytes`() async {
    let store = MemorySessionStore(maximumBytes: 100_000, now: { [clock] in clock.now })
    for seed in 0..<50 {
      var session = session(UInt64(seed))
      session.configuration = String(repeating: "x", count: 9_000)
      await store.save(session, as: nil)
    }
    #expect(await (5...10).contains(store.sessions(of: "u").count))
  }

  private func session(_ seed: UInt64) -> StoredSession {
    var generator = SeededGenerator(seed: seed)
    return StoredSession(id: SessionID(using: &generator), userID: "u", plan: nil, model: "m", createdAt: clock.now, updatedAt: clock.now)
  }
}
