import Logging
import NIOConcurrencyHelpers
import RateLimiting
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

// A Redis that goes, comes back, or is another one than before.
extension FallbackTests {
  @Test func `a copy of all goes on where it stopped, and begins anew on another run of Redis alone`() async throws {
    let redis = Redis()
    let copies = (0..<1_200).map { FallbackChange.session(id($0)) }
    let run = NIOLockedValueBox<String?>("a")
    let fallback = Fallback(
      operationTimeout: .seconds(60), logger: .quiet, runOfRedis: { run.withLockedValue { $0 } }, probe: { _ = try redis.ask() })
    fallback.add(Component(redis: redis, copies: copies))
    func outage() async throws {
      redis.isAway.withLockedValue { $0 = true }
      let answer: Bool? = try await fallback.onPrimary { try redis.ask() }
      #expect(answer == nil && fallback.isActive)
      redis.isAway.withLockedValue { $0 = false }
      redis.written.withLockedValue { $0 = [] }
    }
    // What an unknown run may have lost is written whole, piece by piece, each once although Redis fails after every one.
    try await outage()
    redis.breaksAfterWrite.withLockedValue { $0 = true }
    for _ in 0..<3 {
      await fallback.tryToReturn()
      redis.isAway.withLockedValue { $0 = false }
    }
    redis.breaksAfterWrite.withLockedValue { $0 = false }
    await fallback.tryToReturn()
    #expect(!fallback.isActive)
    let written = redis.written.withLockedValue { $0 }
    #expect(Set(written) == Set(copies) && written.count == copies.count)
    // The same run has lost nothing.
    try await outage()
    await fallback.tryToReturn()
    #expect(!fallback.isActive && redis.written.withLockedValue { $0.isEmpty })
    // Another may have lost all.
    for next in ["b", nil, nil] {
      run.withLockedValue { $0 = next }
      try await outage()
      await fallback.tryToReturn()
      #expect(redis.written.withLockedValue { Set($0) } == Set(copies))
    }
  }

  @Test func `a Redis that was restarted between two commands gets back what memory has, and memory serves meanwhile`() async throws {
    let (redis, log) = (Redis(), RecordingLog())
    let copies = (0..<700).map { FallbackChange.session(id($0)) }
    let run = NIOLockedValueBox<String?>("a")
    let fallback = Fallback(
      operationTimeout: .seconds(60), logger: log.logger, runOfRedis: { run.withLockedValue { $0 } }, probe: { _ = try redis.ask() })
    fallback.add(Component(redis: redis, copies: copies))
    for same in ["a", nil, "a"] {
      run.withLockedValue { $0 = same }
      await fallback.look()
      #expect(!fallback.isActive && redis.written.withLockedValue { $0.isEmpty })
    }
    run.withLockedValue { $0 = "b" }
    redis.breaksAfterWrite.withLockedValue { $0 = true }
    await fallback.look()
    #expect(fallback.isActive)
    redis.breaksAfterWrite.withLockedValue { $0 = false }
    redis.isAway.withLockedValue { $0 = false }
    await fallback.tryToReturn()
    #expect(!fallback.isActive && log.texts(.warning).count == 1)
    #expect(redis.written.withLockedValue { $0.count == copies.count && Set($0) == Set(copies) })
  }

  @Test func `a Redis that goes while no command is given is found away by the next look, with one warning`() async throws {
    let (redis, log) = (Redis(), RecordingLog())
    let slow = NIOLockedValueBox(false)
    let fallback = Fallback(
      operationTimeout: .seconds(60), logger: log.logger,
      runOfRedis: {
        _ = try redis.ask()
        if slow.withLockedValue({ $0 }) { throw RedisError(.timedOut, "slow") }
        return "a"
      }, probe: { _ = try redis.ask() })
    slow.withLockedValue { $0 = true }
    await fallback.look()
    // One slow reply is no outage.
    #expect(!fallback.isActive)
    redis.isAway.withLockedValue { $0 = true }
    for _ in 0..<2 { await fallback.look() }
    #expect(fallback.isActive && log.texts(.warning).count == 1)
  }

  @Test func `a network that loses one connection after the other is no outage while the run stays the same`() async throws {
    let server = NIOLockedValueBox((losses: 0, compared: 0, asked: 0))
    let fallback = Fallback(
      operationTimeout: .seconds(60), logger: .quiet,
      runOfRedis: {
        try server.withLockedValue { server in
          server.compared += 1
          // Every second reply is lost with its connection.
          if server.compared.isMultiple(of: 2) {
            server.losses += 1
            throw RedisError(.connectionLost, "the connection ended", mayHaveRun: true)
          }
          return "a"
        }
      }, lostConnections: { server.withLockedValue { $0.losses } }, probe: {})
    await fallback.look()
    server.withLockedValue { $0.losses = 1 }
    let value = try await fallback.onPrimary {
      try server.withLockedValue { server in
        server.asked += 1
        guard server.asked > 5 else {
          server.losses += 1
          throw RedisError(.lostBefore, "a connection was lost before the command was sent")
        }
        return 7
      }
    }
    #expect(value == 7 && !fallback.isActive)
  }

  @Test func `after a lost connection Redis is not asked before its run is compared`() async throws {
    let clock = ManualClock()
    let now: @Sendable () -> UnixTime = { clock.now }
    let server = NIOLockedValueBox((losses: 0, run: "a", asked: 0))
    let primary = MemoryRateLimiter(limit: 3, window: .seconds(3_600), now: now)
    let fallback = Fallback(
      operationTimeout: .seconds(60), logger: .quiet,
      runOfRedis: {
        server.withLockedValue { server in
          server.asked += 1
          return server.run
        }
      }, lostConnections: { server.withLockedValue { $0.losses } }, probe: {})
    let limiter = FallbackRateLimiter(
      primary: primary, memory: MemoryRateLimiter(limit: 3, window: .seconds(3_600), now: now), fallback: fallback)
    await fallback.look()
    for number in 0..<3 { #expect(try await limiter.admit(user: "u", session: id(UInt64(number))).isAllowed) }
    // The same run behind a new connection is asked on.
    server.withLockedValue { $0.losses = 1 }
    #expect(try await !limiter.admit(user: "u", session: id(8)).isAllowed)
    #expect(!fallback.isActive && server.withLockedValue { $0.asked } == 2)
    // It was killed, and is back with nothing.
    await primary.reset(user: "u")
    server.withLockedValue { ($0.losses, $0.run) = (2, "b") }
    #expect(try await !limiter.admit(user: "u", session: id(9)).isAllowed)
    #expect(fallback.isActive)
    await fallback.tryToReturn()
    #expect(!fallback.isActive)
    #expect(try await !limiter.admit(user: "u", session: id(9)).isAllowed)
  }
}
