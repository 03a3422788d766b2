import Testing
import VoiceCore
import VoiceTesting

@testable import RateLimiting

struct ExactUserTests {
  // One letter, and a letter with an accent behind it: one text for `String`, two users for Redis and for whoever issues tokens.
  private let users = ["caf\u{E9}", "cafe\u{301}"]

  @Test func `two users whose ids look alike share no limit, lease or allowance`() async {
    let clock = ManualClock()
    let now: @Sendable () -> UnixTime = { clock.now }
    let limiter = MemoryRateLimiter(limit: 1, window: .seconds(60), now: now)
    let leases = MemorySessionLeases(limit: 1, now: now)
    let ledger = MemorySpendLimiter(limit: 100, now: now)
    var generator = SeededGenerator(seed: 1)
    for user in users {
      let session = SessionID(using: &generator)
      #expect(await limiter.admit(user: user, session: session).isAllowed)
      #expect(await leases.acquire(user: user, session: session, owner: SessionOwner(instance: "a", generation: 1)).isHeld)
      #expect(await ledger.reserve(100, for: session, of: user) == 100)
    }
    #expect(limiter.admissions().count == 2 && leases.leases().count == 2 && ledger.entries().count == 2)
    #expect(Set(leases.leases()).count == 2)
  }
}
