import Testing

@testable import VoiceAuth

struct KeySetStateMachineTests {
  /// A machine that fetched at nought, fresh for an hour: next at 54 minutes.
  private func fetched() -> KeySetStateMachine {
    var machine = KeySetStateMachine()
    _ = machine.becameFree(at: .zero)
    machine.fetchSucceeded(at: .zero, freshFor: .seconds(3_600), jitter: 0)
    return machine
  }

  @Test func `the first thing is a fetch, and there is one at a time`() {
    var machine = KeySetStateMachine()
    #expect(!machine.isUsable(at: .zero))
    #expect(machine.missedKey(at: .zero) == .wait)
    #expect(machine.becameFree(at: .zero) == .fetch)
    #expect(machine.missedKey(at: .zero) == .wait)
    machine.fetchSucceeded(at: .seconds(1), freshFor: nil, jitter: 0)
    #expect(machine.isUsable(at: .seconds(1)))
    #expect(machine.becameFree(at: .seconds(1)) == .sleep(until: .seconds(271)))
  }

  @Test(arguments: [(nil, 270), (0, 270), (10, 270), (300, 270), (3_600, 3_240), (86_400, 77_760), (1_000_000, 77_760)] as [(Int?, Int)])
  func `a set is fetched again before it is stale, between five minutes and a day`(freshFor: Int?, due: Int) {
    var machine = KeySetStateMachine()
    _ = machine.becameFree(at: .zero)
    machine.fetchSucceeded(at: .zero, freshFor: freshFor.map { .seconds($0) }, jitter: 0)
    #expect(machine.becameFree(at: .zero) == .sleep(until: .seconds(due)))
    #expect(machine.becameFree(at: .seconds(due)) == .fetch)
  }

  @Test func `jitter spreads a fleet, and never past the end of freshness`() {
    var machine = KeySetStateMachine()
    _ = machine.becameFree(at: .zero)
    machine.fetchSucceeded(at: .zero, freshFor: .seconds(1_000), jitter: 1)
    #expect(machine.becameFree(at: .zero) == .sleep(until: .seconds(800)))
  }

  @Test func `an unknown key causes one fetch in thirty seconds`() {
    var machine = fetched()
    #expect(machine.missedKey(at: .seconds(10)) == .wait)
    #expect(machine.becameFree(at: .seconds(10)) == .fetch)
    machine.fetchSucceeded(at: .seconds(11), freshFor: .seconds(3_600), jitter: 0)
    #expect(machine.missedKey(at: .seconds(12)) == .decideNow)
    #expect(machine.missedKey(at: .seconds(39)) == .decideNow)
    #expect(machine.missedKey(at: .seconds(40)) == .wait)
  }

  @Test func `a fetch that failed counts as one`() {
    var machine = fetched()
    _ = machine.missedKey(at: .seconds(10))
    _ = machine.becameFree(at: .seconds(10))
    machine.fetchFailed(at: .seconds(15), jitter: 0)
    #expect(machine.isFailing)
    #expect(machine.missedKey(at: .seconds(39)) == .decideNow)
    #expect(machine.missedKey(at: .seconds(40)) == .wait)
  }

  @Test func `failures wait longer each time, a minute at most`() {
    var machine = fetched()
    var (now, waits) = (Duration.seconds(3_240), [Duration]())
    for _ in 0..<30 {
      #expect(machine.becameFree(at: now) == .fetch)
      machine.fetchFailed(at: now, jitter: 0)
      guard case .sleep(let due) = machine.becameFree(at: now) else { break }
      waits.append(due - now)
      now = due
    }
    #expect(waits.prefix(5) == [.seconds(5), .seconds(10), .seconds(20), .seconds(40), .seconds(60)])
    #expect(waits.dropFirst(4).allSatisfy { $0 == .seconds(60) } && waits.count == 30)
    _ = machine.becameFree(at: now)
    machine.fetchFailed(at: now, jitter: 1)
    #expect(machine.becameFree(at: now) == .sleep(until: now + .seconds(30)))
    _ = machine.becameFree(at: now + .seconds(30))
    machine.fetchSucceeded(at: now, freshFor: nil, jitter: 0)
    #expect(!machine.isFailing)
  }

  @Test func `at an outage the last good set serves a day`() {
    var machine = fetched()
    _ = machine.becameFree(at: .seconds(3_240))
    machine.fetchFailed(at: .seconds(3_240), jitter: 0)
    #expect(machine.isUsable(at: .seconds(86_399)))
    #expect(!machine.isUsable(at: .seconds(86_400)))
  }
}
