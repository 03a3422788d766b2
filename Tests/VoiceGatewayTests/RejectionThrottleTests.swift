import Testing

@testable import VoiceGateway

struct RejectionThrottleTests {
  private let start = ContinuousClock.now
  private let policy = RejectionThrottle.Policy(burst: 3, interval: .milliseconds(100), longest: .milliseconds(250), addresses: 2)

  private func delays(_ count: Int, of address: String = "a", at offset: Duration = .zero, _ pacing: inout RejectionThrottle) -> [Duration]
  {
    (0..<count).map { _ in pacing.delay(of: address, at: start + offset) }
  }

  @Test func `the first refusals go out at once, those after in turn, none later than the longest`() {
    var pacing = RejectionThrottle(policy)
    let milliseconds = [0, 0, 0, 100, 200, 250, 250].map { Duration.milliseconds($0) }
    #expect(delays(7, &pacing) == milliseconds)
  }

  @Test func `who sends no junk for a while has the burst again`() {
    var pacing = RejectionThrottle(policy)
    _ = delays(4, &pacing)
    #expect(delays(2, at: .milliseconds(200), &pacing) == [.zero, .milliseconds(100)])
    #expect(delays(4, at: .seconds(2), &pacing) == [.zero, .zero, .zero, .milliseconds(100)])
  }

  @Test func `one address does not hold up another`() {
    var pacing = RejectionThrottle(policy)
    _ = delays(9, &pacing)
    #expect(delays(3, of: "b", &pacing) == [.zero, .zero, .zero])
  }

  @Test func `so many addresses are kept, and forgotten when they have been quiet`() {
    var pacing = RejectionThrottle(policy)
    for address in ["a", "b"] { _ = delays(9, of: address, &pacing) }
    #expect(delays(4, of: "c", &pacing) == [.zero, .zero, .zero, .milliseconds(100)], "there is no room for a third")
    #expect(delays(1, of: "d", &pacing) == [.milliseconds(200)], "which shares an account with a fourth")
    #expect(delays(1, of: "a", &pacing) == [.milliseconds(250)], "those that are known are still held up")
    #expect(delays(4, of: "c", at: .seconds(2), &pacing) == [.zero, .zero, .zero, .milliseconds(100)])
  }
}
