import NIOConcurrencyHelpers
import Testing
import VoiceCore
import VoiceTesting

@testable import RateLimiting

struct LimitsTests {
  private let window = Duration.seconds(3_600)
  private func at(_ seconds: Int64) -> UnixTime { UnixTime(seconds: seconds) }
  private func id(_ seed: UInt64) -> SessionID {
    var generator = SeededGenerator(seed: seed)
    return SessionID(using: &generator)
  }

  @Test func `the window slides exactly: five in any hour, the sixth when the first is an hour old`() {
    var log = SlidingWindowLog()
    for index in 0..<5 {
      #expect(log.admit(id(UInt64(index)), limit: 5, window: window, at: at(Int64(index) * 600)).remaining == 4 - index)
    }
    let refused = log.admit(id(9), limit: 5, window: window, at: at(3_599))
    #expect(!refused.isAllowed && refused.retryAfter == .seconds(1))
    #expect(log.admit(id(9), limit: 5, window: window, at: at(3_600)).isAllowed)
    #expect(!log.admit(id(10), limit: 5, window: window, at: at(3_601)).isAllowed)
  }

  @Test func `asking again for the same session counts once, and a refund gives the slot back`() {
    var log = SlidingWindowLog()
    for _ in 0..<3 { #expect(log.admit(id(1), limit: 1, window: window, at: at(0)).isAllowed) }
    #expect(!log.admit(id(2), limit: 1, window: window, at: at(0)).isAllowed)
    log.refund(id(1))
    #expect(log.admit(id(2), limit: 1, window: window, at: at(0)).isAllowed)
  }

  @Test func `against the definition, at random: never more than the limit in any window, and never fewer than could be`() {
    var random = SeededGenerator(seed: 3)
    var log = SlidingWindowLog()
    var admitted: [Int64] = []
    var time: Int64 = 0
    for step in 0..<20_000 {
      time += Int64.random(in: 0...40, using: &random)
      let inWindow = admitted.count { $0 > time - 100 }
      let decision = log.admit(id(UInt64(step)), limit: 4, window: .seconds(100), at: at(time))
      #expect(decision.isAllowed == (inWindow < 4))
      if decision.isAllowed { admitted.append(time) }
      admitted.removeAll { $0 <= time - 100 }
    }
  }

  @Test func `users do not count for each other, and those of long ago are forgotten`() async {
    let clock = NIOLockedValueBox(UnixTime(seconds: 0))
    let limiter = MemoryRateLimiter(limit: 1, window: .seconds(10)) { clock.withLockedValue { $0 } }
    for user in 0..<5_000 { #expect(await limiter.admit(user: "u\(user)", session: id(UInt64(user))).isAllowed) }
    #expect(await !limiter.admit(user: "u7", session: id(9_999)).isAllowed)
    clock.withLockedValue { $0 = UnixTime(seconds: 10) }
    #expect(await limiter.admit(user: "u7", session: id(9_999)).isAllowed)
  }

  @Test func `leases are capped by user, renewed, released, and end by themselves`() async {
    let owner = SessionOwner(instance: "a", generation: 1)
    let clock = NIOLockedValueBox(UnixTime(seconds: 0))
    let leases = MemorySessionLeases(limit: 2) { clock.withLockedValue { $0 } }
    #expect(await leases.acquire(user: "u", session: id(1), owner: owner).isHeld)
    #expect(await leases.acquire(user: "u", session: id(2), owner: owner).isHeld)
    #expect(await leases.acquire(user: "u", session: id(2), owner: owner).isHeld)
    #expect(await !leases.acquire(user: "u", session: id(3), owner: owner).isHeld)
    await leases.release(user: "u", session: id(1), owner: owner)
    #expect(await leases.acquire(user: "u", session: id(3), owner: owner).isHeld)
    clock.withLockedValue { $0 = UnixTime(seconds: 29) }
    #expect(await leases.renew(user: "u", session: id(3), owner: owner) == .held)
    clock.withLockedValue { $0 = UnixTime(seconds: 31) }
    #expect(await leases.renew(user: "u", session: id(2), owner: owner) == .lost)
    #expect(await leases.acquire(user: "u", session: id(4), owner: owner).isHeld)
    #expect(await !leases.acquire(user: "u", session: id(5), owner: owner).isHeld)
  }
}
