import Foundation
import NIOConcurrencyHelpers
import NIOPosix
import RedisTesting
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

extension UnderLoad {
  /// A real server, and what can happen on the way to it. No request waits longer than its deadline and 50 ms, and no reply goes to
  /// another caller.
  @Suite(.timeLimit(.minutes(1)))
  struct RedisFaultTests {
    private static let bound = Duration.milliseconds(300)

    @Test func `replies that come byte by byte are put together`() async throws {
      try await withProxy { proxy, server in
        proxy.faults.slice = 1
        try await RedisClient.with(proxy.url, timeout: .seconds(5)) { client in
          let outcome = try await Load(client: client, callers: 8).during { try await Task.sleep(for: .milliseconds(500)) }
          #expect(outcome.answered > 0 && outcome.failed.isEmpty && outcome.mixedUp == 0)
        }
      }
    }

    @Test func `a connection that is reset in the middle of a reply costs nobody an answer, or gives him another's`() async throws {
      try await withProxy { proxy, server in
        proxy.faults.resetsAfter = 20_011
        try await RedisClient.with(proxy.url) { client in
          let outcome = try await Load(client: client).during { try await Task.sleep(for: .seconds(2)) }
          #expect(proxy.acceptedConnections > 5, "there were resets")
          #expect(outcome.answered > 200 && outcome.mixedUp == 0)
          #expect(outcome.longestWait < Self.bound, "\(outcome)")
        }
      }
    }

    @Test func `a server that hears and does not answer is given up at the deadline, and its late answers reach nobody`() async throws {
      try await withProxy { proxy, server in
        try await RedisClient.with(proxy.url) { client in
          let outcome = try await Load(client: client).during {
            try await Task.sleep(for: .milliseconds(200))
            proxy.faults.swallowsReplies = true
            try await Task.sleep(for: .milliseconds(800))
            proxy.faults.swallowsReplies = false
            try await Task.sleep(for: .milliseconds(800))
          }
          #expect(outcome.mixedUp == 0 && outcome.answered > 100)
          #expect((outcome.failed["timed_out"] ?? 0) > 0, "\(outcome)")
          #expect(outcome.longestWait < Self.bound, "\(outcome)")
        }
      }
    }

    @Test func `a server that answers nothing at all holds nobody longer than the deadline`() async throws {
      try await withProxy { proxy, server in
        proxy.faults.swallowsAll = true
        try await RedisClient.with(proxy.url) { client in
          let outcome = try await Load(client: client).during { try await Task.sleep(for: .seconds(1)) }
          #expect(outcome.answered == 0 && outcome.longestWait < Self.bound, "\(outcome)")
        }
      }
    }

    @Test func `a server that is stopped and goes on mixes nothing up`() async throws {
      try await RedisServer.with { server in
        try await RedisClient.with(server.url) { client in
          let outcome = try await Load(client: client).during {
            for _ in 0..<3 {
              try await Task.sleep(for: .milliseconds(200))
              server.signal(SIGSTOP)
              try await Task.sleep(for: .milliseconds(500))
              server.signal(SIGCONT)
            }
            try await Task.sleep(for: .milliseconds(500))
          }
          #expect(outcome.mixedUp == 0 && outcome.answered > 100 && !outcome.failed.isEmpty)
          #expect(outcome.longestWait < Self.bound, "\(outcome)")
          _ = try await client.send(RedisCommand("PING"))
        }
      }
    }

    @Test func `a server that is killed under load is used again when it is back`() async throws {
      try await RedisServer.with { server in
        try await RedisClient.with(server.url) { client in
          let outcome = try await Load(client: client, pause: .milliseconds(1)).during {
            try await Task.sleep(for: .milliseconds(200))
            server.killNow()
            try await Task.sleep(for: .milliseconds(500))
            try await server.start()
            try await Task.sleep(for: .milliseconds(1_500))
            _ = try await client.send(RedisCommand("PING"))
          }
          #expect(outcome.mixedUp == 0 && outcome.longestWait < Self.bound, "\(outcome)")
          #expect(!outcome.failed.isEmpty)
        }
      }
    }

    @Test func `a limiter's reply that is lost on the way is asked for again, and counts once`() async throws {
      try await withProxy { proxy, server in
        try await RedisClient.with(proxy.url, group: MultiThreadedEventLoopGroup.singleton.next()) { client in
          let limiter = RedisRateLimiter(client, limit: 5, window: .seconds(3_600))
          _ = try await limiter.admit(user: "other", session: id(0))
          for number in 1...5 {
            let before = proxy.acceptedConnections
            proxy.faults.resetsAfter = 0
            async let decision = limiter.admit(user: "u", session: id(UInt64(number)))
            // The answer is cut off; the next connection is a good one.
            while proxy.acceptedConnections == before { try await Task.sleep(for: .milliseconds(1)) }
            proxy.faults.resetsAfter = nil
            let answer = try await decision
            #expect(answer.isAllowed && answer.remaining == 5 - number)
          }
          #expect(try await server.cli("ZCARD", "voice:limit:{u}") == "5")
          #expect(try await !limiter.admit(user: "u", session: id(6)).isAllowed)
        }
      }
    }

    @Test func `what may have run is not repeated unless running it twice does no harm`() async throws {
      try await withProxy { proxy, server in
        try await RedisClient.with(proxy.url, group: MultiThreadedEventLoopGroup.singleton.next()) { client in
          _ = try await client.send(RedisCommand("PING"))
          proxy.faults.resetsAfter = 0
          await #expect(throws: RedisError.self) {
            try await client.send(RedisCommand("INCR", "n", key: "n", isIdempotent: false))
          }
          proxy.faults.resetsAfter = nil
          try await Task.sleep(for: .milliseconds(100))
          #expect(try await server.cli("GET", "n") == "1")
        }
      }
    }

    @Test func `a script that the server does not know is sent whole, once`() async throws {
      try await RedisServer.with { server in
        try await RedisClient.with(server.url) { client in
          let limiter = RedisRateLimiter(client, limit: 5, window: .seconds(3_600))
          _ = try await limiter.admit(user: "u", session: id(1))
          try await server.cli("SCRIPT", "FLUSH")
          try await server.cli("CONFIG", "RESETSTAT")
          for number in 2...20 { _ = try await limiter.admit(user: "u\(number)", session: id(UInt64(number))) }
          let calls = try await server.cli("INFO", "commandstats")
          #expect(calls.contains("cmdstat_eval:calls=1,") && calls.contains("cmdstat_evalsha:calls=19,"), "\(calls)")
        }
      }
    }

    private func withProxy(_ body: (FaultProxy, RedisServer) async throws -> Void) async throws {
      try await RedisServer.with { server in
        let proxy = try await FaultProxy(to: server.port)
        try await body(proxy, server)
        await proxy.stop()
      }
    }

    private func id(_ seed: UInt64) -> SessionID {
      var generator = SeededGenerator(seed: seed)
      return SessionID(using: &generator)
    }
  }
}
