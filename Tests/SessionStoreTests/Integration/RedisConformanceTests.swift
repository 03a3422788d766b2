import RateLimiting
import RedisTesting
import SessionStore
import Testing
import VoiceCore
import VoiceTesting

@Suite(.needsRedis, .timeLimit(.minutes(10)))
struct RedisConformanceTests {
  @Test(arguments: SessionStoreConformance.rules)
  func `the Redis store keeps every rule of stores`(rule: ConformanceRule<SessionStoreConformance.Subject>) async throws {
    try await withRedis { client, clock in
      let store = RedisSessionStore(client, timeToLive: .seconds(3_600))
      try await check(rule, .init(store: store, timeToLive: .seconds(3_600), advance: { try await clock.advance(by: $0) }))
    }
  }

  @Test(arguments: RateLimiterConformance.rules)
  func `the Redis limiter keeps every rule of limiters`(rule: ConformanceRule<RateLimiterConformance.Subject>) async throws {
    try await withRedis { client, clock in
      let limiter = RedisRateLimiter(client, limit: 5, window: .seconds(3_600))
      try await check(rule, .init(limiter: limiter, limit: 5, window: .seconds(3_600), advance: { try await clock.advance(by: $0) }))
    }
  }

  @Test(arguments: SessionLeasesConformance.rules)
  func `the Redis leases keep every rule of leases`(rule: ConformanceRule<SessionLeasesConformance.Subject>) async throws {
    try await withRedis { client, clock in
      let leases = RedisSessionLeases(client, limit: 2)
      try await check(rule, .init(leases: leases, limit: 2, timeToLive: .seconds(30), advance: { try await clock.advance(by: $0) }))
    }
  }

  @Test(arguments: TicketStoreConformance.rules)
  func `the Redis tickets keep every rule of tickets`(rule: ConformanceRule<TicketStoreConformance.Subject>) async throws {
    try await withRedis { client, clock in
      let store = RedisTicketStore(client, maxPerUser: 4)
      try await check(rule, .init(store: store, maxPerUser: 4, advance: { try await clock.advance(by: $0) }))
    }
  }

  @Test(arguments: SpendLimiterConformance.rules)
  func `the Redis ledger keeps every rule of ledgers`(rule: ConformanceRule<SpendLimiterConformance.Subject>) async throws {
    try await withRedis { client, clock in
      let ledger = RedisSpendLimiter(client, limit: 10_000)
      try await check(rule, .init(ledger: ledger, limit: 10_000, advance: { try await clock.advance(by: $0) }))
    }
  }

  @Test func `a new day in Redis begins with nothing spent`() async throws {
    try await withRedis { client, _ in
      let ledger = RedisSpendLimiter(client, limit: 100)
      let session = SessionID("vs_00000000000000000000000000000001")!
      #expect(try await ledger.reserve(100, for: session, of: "ada") == 100)
      _ = try await client.send(RedisCommand("HSET", "voice:spend:{ada}", "day", "1", key: "voice:spend:{ada}"))
      #expect(try await ledger.reserve(60, for: session, of: "ada") == 60)
    }
  }

  /// Redis's own clock goes on beside the one that is moved. Rules leave it a second: what a rule says that took longer is no verdict.
  private func check<Subject>(_ rule: ConformanceRule<Subject>, _ subject: Subject) async throws {
    for _ in 0..<50 {
      let started = ContinuousClock.now
      do { return try await rule.check(subject) } catch let violation as ConformanceViolation {
        if ContinuousClock.now - started < .seconds(1) { throw violation }
      }
    }
    Issue.record("\(rule) has no verdict: each time it took longer than a second")
  }

  private func withRedis(_ body: (RedisClient, RedisTestClock) async throws -> Void) async throws {
    try await RedisServer.with { server in
      try await RedisClient.with(server.url, timeout: Times.unhurried) { client in
        try await body(client, RedisTestClock(client: client))
        // Nothing is written without a time to live.
        let keys = try await client.send(RedisCommand("KEYS", "*")).array ?? []
        for key in keys {
          let left = try await client.send(RedisCommand("PTTL", .text(key.string ?? "")))
          #expect((left.integer ?? -1) > 0, "\(key.string ?? "") never ends")
        }
      }
    }
  }
}
