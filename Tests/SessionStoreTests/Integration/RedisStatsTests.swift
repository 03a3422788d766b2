import RedisTesting
import Testing

@testable import SessionStore

/// What instances tell each other of their stats, and the totals of a day.
@Suite(.needsRedis, .timeLimit(.minutes(10)))
struct RedisStatsTests {
  @Test func `without the right to end a key none is written, and with it each one ends`() async throws {
    try await RedisServer.with { server in
      try await server.cli("ACL", "SETUSER", "g", "on", ">pw", "~*", "+@all", "-pexpire")
      try await RedisClient.with("redis://g:pw@127.0.0.1:\(server.port)", timeout: Times.unhurried) { client in
        let (registry, totals) = (RedisInstanceRegistry(client), RedisDailyTotals(client))
        func tell() async throws {
          try await registry.publish("{}", as: "a", for: .seconds(20))
          try await totals.add(["sessions": 2], users: ["ada", "bob"], to: "2026-11-21", writer: "a", batch: "1")
        }
        await #expect(throws: RedisError.self) { try await registry.publish("{}", as: "a", for: .seconds(20)) }
        await #expect(throws: RedisError.self) {
          try await totals.add(["sessions": 2], users: ["ada", "bob"], to: "2026-11-21", writer: "a", batch: "1")
        }
        #expect(try await server.cli("KEYS", "*") == "")
        try await server.cli("ACL", "SETUSER", "g", "+@all")
        for _ in 0..<2 { try await tell() }
        for key in ["voice:instances", "voice:day:{2026-11-21}", "voice:users:{2026-11-21}"] {
          let left = try await server.cli("PTTL", key)
          #expect(Int(left) ?? -1 > 0, "\(key) never ends")
        }
        let page = try await totals.page("2026-11-21")
        #expect(page.sums["sessions"] == 2 && page.users == 2)
      }
    }
  }

  @Test func `an addition that stops at a key of another type counts whole when it is repeated, and leaves no key that never ends`()
    async throws
  {
    try await RedisServer.with { server in
      try await RedisClient.with(server.url, timeout: Times.unhurried) { client in
        let totals = RedisDailyTotals(client)
        func add() async throws { try await totals.add(["sessions": 2], users: ["ada"], to: "2026-11-21", writer: "a", batch: "1") }
        try await server.cli("LPUSH", "voice:users:{2026-11-21}", "x")
        await #expect(throws: RedisError.self) { try await add() }
        #expect(try await server.cli("PTTL", "voice:day:{2026-11-21}") != "-1")
        try await server.cli("DEL", "voice:users:{2026-11-21}")
        try await add()
        #expect(try await totals.page("2026-11-21").sums["sessions"] == 2)
      }
    }
  }
}
