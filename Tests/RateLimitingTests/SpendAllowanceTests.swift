import Testing
import VoiceCore

@testable import RateLimiting

struct SpendAllowanceTests {
  @Test func `more is asked for when what was given is used up, and not before`() {
    var allowance = SpendAllowance()
    let granted = allowance.granted(allowance.first)
    #expect(granted)
    #expect(allowance.spent(99_999) == nil)
    #expect(allowance.spent(130_000) == 230_000)
    let more = allowance.granted(230_000)
    #expect(more)
    #expect(allowance.spent(130_000) == nil)
    #expect(allowance.spent == 130_000)
  }

  @Test func `a session that gets less than it has spent is over`() {
    var allowance = SpendAllowance()
    _ = allowance.granted(40_000)
    #expect(allowance.spent(50_000) == 150_000)
    let refused = !allowance.granted(50_000)
    #expect(refused)
  }

  @Test func `nothing at the start is nothing to begin with`() {
    var allowance = SpendAllowance()
    let refused = !allowance.granted(0)
    #expect(refused)
  }
}
