import NIOCore
import RateLimiting
import RedisTesting
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

/// Rights that are taken away while the gateway runs, and given back.
@Suite(.needsRedis, .timeLimit(.minutes(10)))
struct RightsAtRuntimeTests {
  private static let limits = RedisStorage.Limits(
    sessionsPerWindow: 100, window: .seconds(3_600), concurrentSessions: 100, sessionTimeToLive: .seconds(3_600), spendPerDay: 1_000_000)

  private func id(_ seed: UInt64) -> SessionID {
    var generator = SeededGenerator(seed: seed)
    return SessionID(using: &generator)
  }

  private func withUser(_ body: (RedisServer, String) async throws -> Void) async throws {
    try await RedisServer.with { server in
      try await server.cli("ACL", "SETUSER", "g", "on", ">pw", "~*", "&*", "+@all")
      try await body(server, "redis://g:pw@127.0.0.1:\(server.port)")
    }
  }

  /// Whatever the stores give, the probe gives as well: else memory and Redis would serve in turn.
  @Test func `the probe fails without any right that the stores need, and passes with all of them`() async throws {
    try await withUser { server, url in
      try await RedisClient.with(url, timeout: Times.unhurried) { client in
        let probe = RedisProbe(client, prefix: "voice:", limits: Self.limits)
        let rights = [
          "evalsha", "set", "get", "exists", "del", "time", "pttl", "expire", "pexpire", "zadd", "zrem", "zcard", "zscore", "zrange",
          "zremrangebyscore", "zremrangebyrank", "hset", "hget", "hmget", "hgetall", "hdel", "publish",
        ]
        try await probe.run()
        for right in rights {
          try await server.cli("ACL", "SETUSER", "g", "-" + right)
          let error = await #expect(throws: RedisError.self, "without \(right)") { try await probe.run() }
          #expect(error?.isOutage == true, "without \(right): \(String(describing: error))")
          try await server.cli("ACL", "SETUSER", "g", "+@all")
          try await probe.run()
        }
      }
      try await Task.sleep(for: .seconds(2))
      let left = try await server.cli("KEYS", "*")
      #expect(left == "", "the probe leaves \(left)")
    }
  }

  @Test(arguments: ["zadd", "hset", "set", "pexpire"])
  func `memory serves while a right is missing, is said to, and Redis has all of it within 5 s afterwards`(right: String) async throws {
    try await withUser { server, url in
      try await RedisStorage.with(url, limits: Self.limits) { storage in
        _ = try await storage.limiter.admit(user: "u", session: id(0))
        try await server.cli("ACL", "SETUSER", "g", "-" + right)
        let holder = VerifiedToken(userID: "u", plan: nil, expiresAt: TestTime.now + .seconds(600))
        for number in UInt64(1)...3 {
          let session = StoredSession(
            id: id(number), userID: "u", plan: nil, model: "m", createdAt: TestTime.now, updatedAt: TestTime.now)
          #expect(try await storage.limiter.admit(user: "u", session: id(number)).isAllowed)
          #expect(try await storage.store.save(session, as: SessionOwner(instance: "a", generation: 1)) == .kept)
          #expect(try await storage.tickets.put(holder, under: "secret\(number)", for: .seconds(600)))
        }
        let report = await storage.health.report()
        #expect(report.isUsingFallback && !report.isAvailable)
        try await Task.sleep(for: .seconds(1.5))
        #expect(storage.fallback.isActive, "no return that fails at once")
        try await server.cli("ACL", "SETUSER", "g", "+@all")
        #expect(await storage.settle() < Times.relaxed(.seconds(5)))
        #expect(try await server.cli("ZCARD", "voice:limit:{u}") == "4")
        for number in UInt64(1)...3 {
          #expect(try await server.cli("EXISTS", "voice:session:{\(id(number))}", "voice:ticket:{secret\(number)}") == "2")
        }
        #expect(!storage.fallback.isRefused)
      }
    }
  }
}
