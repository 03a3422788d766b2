import Foundation
import NIOConcurrencyHelpers
import NIOPosix
import RateLimiting
import RedisTesting
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

extension UnderLoad {
  /// A real server, and what can happen on the way to it. No request waits longer than its deadline and 50 ms, and no reply goes to
  /// another caller.
  @Suite(.timeLimit(.minutes(10)))
  struct RedisFaultTests {
    @Test func `replies that come byte by byte are put together`() async throws {
      try await withProxy { proxy, server in
        proxy.faults.slice = 1
        try await RedisClient.with(proxy.url, timeout: Times.unhurried) { client in
          let outcome = try await Load(client: client, callers: 8).during { sofar in
            try await Times.until("400 answers") { sofar().answered >= 400 }
          }
          #expect(outcome.failed.isEmpty && outcome.mixedUp == 0)
        }
      }
    }

    @Test func `a connection that is reset in the middle of a reply costs nobody an answer, or gives him another's`() async throws {
      try await withProxy { proxy, server in
        proxy.faults.resetsAfter = 20_011
        try await RedisClient.with(proxy.url, timeout: Times.command) { client in
          let outcome = try await Load(client: client).during { sofar in
            try await Times.until("resets and answers") { proxy.acceptedConnections > 20 && sofar().answered > 1_000 }
          }
          show(outcome)
          #expect(outcome.mixedUp == 0 && outcome.isInTime, "\(outcome)")
        }
      }
    }

    @Test func `a server that hears and does not answer is given up at the deadline, and its late answers reach nobody`() async throws {
      try await withProxy { proxy, server in
        try await RedisClient.with(proxy.url, timeout: Times.command) { client in
          let load = Load(client: client)
          let outcome = try await load.during { sofar in
            try await Times.until("answers") { sofar().answered > 100 }
            proxy.faults.swallowsReplies = true
            try await Times.until("everybody gives up") { sofar().failed["timed_out", default: 0] >= load.callers }
            proxy.faults.swallowsReplies = false
            let before = sofar().answered
            try await Times.until("answers again") { sofar().answered > before + 100 }
          }
          show(outcome)
          #expect(outcome.mixedUp == 0 && outcome.isInTime, "\(outcome)")
        }
      }
    }

    @Test func `a server that answers nothing at all holds nobody longer than the deadline`() async throws {
      try await withProxy { proxy, server in
        proxy.faults.swallowsAll = true
        try await RedisClient.with(proxy.url, timeout: Times.command) { client in
          let load = Load(client: client)
          let outcome = try await load.during { sofar in
            try await Times.until("everybody gives up, twice") { sofar().failures >= 2 * load.callers }
          }
          show(outcome)
          #expect(outcome.answered == 0 && outcome.isInTime, "\(outcome)")
        }
      }
    }

    @Test func `a server that is stopped and goes on mixes nothing up`() async throws {
      try await RedisServer.with { server in
        try await RedisClient.with(server.url, timeout: Times.command) { client in
          let outcome = try await Load(client: client).during { sofar in
            for _ in 0..<3 {
              let before = sofar()
              try await Times.until("answers") { sofar().answered > before.answered + 100 }
              server.signal(SIGSTOP)
              defer { server.signal(SIGCONT) }
              try await Times.until("nobody waits for ever") { sofar().failures > before.failures }
            }
            let before = sofar().answered
            try await Times.until("answers at the end") { sofar().answered > before + 100 }
          }
          show(outcome)
          #expect(outcome.mixedUp == 0 && outcome.isInTime, "\(outcome)")
        }
      }
    }

    @Test func `a server that is killed under load is used again when it is back`() async throws {
      try await RedisServer.with { server in
        try await RedisClient.with(server.url, timeout: Times.command) { client in
          let outcome = try await Load(client: client, pause: .milliseconds(1)).during { sofar in
            try await Times.until("answers") { sofar().answered > 100 }
            server.killNow()
            try await Times.until("failures") { sofar().failures > 100 }
            try await server.start()
            let before = sofar().answered
            try await Times.until("answers again") { sofar().answered > before + 100 }
          }
          show(outcome)
          #expect(outcome.mixedUp == 0 && outcome.isInTime, "\(outcome)")
        }
      }
    }

    @Test func `a limiter's reply that is lost on the way is asked for again, and counts once`() async throws {
      try await withProxy { proxy, server in
        let group = MultiThreadedEventLoopGroup.singleton.next()
        var retry = RedisConfiguration.Retry()
        // However often the proxy gets to cut the answer off before it is told to let it pass.
        retry.maximumAttempts = 1_000
        try await RedisClient.with(proxy.url, group: group, timeout: Times.unhurried, retry: retry) { client in
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
        let group = MultiThreadedEventLoopGroup.singleton.next()
        try await RedisClient.with(proxy.url, group: group, timeout: Times.unhurried) { client in
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
        try await RedisClient.with(server.url, timeout: Times.unhurried) { client in
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

    private func show(_ outcome: Load.Outcome, _ name: String = Test.current?.displayName ?? "") {
      Figures.show("\(name): \(outcome)")
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
