import Testing

@testable import VoiceGateway

/// Which of two clients of one session on two instances arrived later.
struct ClaimPrecedenceTests {
  private let now = ContinuousClock.now

  private func verdict(
    isRunning: Bool = true, arrival: Int64? = nil, movedAgo: Duration? = nil, against asker: Int64, by reading: StoreClockReading? = nil
  ) -> ClaimPrecedence {
    ClaimPrecedence(
      isRunning: isRunning, arrival: arrival, movedAt: movedAgo.map { now - $0 }, against: asker, by: reading, now: now)
  }

  @Test func `a session that runs gives way to a client that arrived later, and stays for one that did`() {
    #expect(verdict(arrival: 5, against: 7) == .givesWay)
    #expect(verdict(arrival: 7, against: 5) == .stays(arrival: 7))
    #expect(verdict(arrival: 7, against: 7) == .givesWay, "of two that arrived together the one that takes later has it")
    #expect(verdict(arrival: nil, against: 5) == .givesWay, "the one that began the session is the earliest")
    #expect(verdict(arrival: 7, against: 0) == .givesWay, "an older release does not tell when its client arrived")
  }

  @Test func `one that is on its way is ended where it is known to be the older, and else the store decides`() {
    #expect(verdict(isRunning: false, arrival: 5, against: 7) == .givesWay)
    #expect(verdict(isRunning: false, arrival: 7, against: 5) == .undecided)
    #expect(verdict(isRunning: false, arrival: nil, against: 5) == .undecided)
  }

  @Test func `of a client that moved in the store's clock tells the arrival`() {
    let reading = StoreClockReading(1_000_000, asked: now - .milliseconds(4), answered: now)
    #expect(verdict(arrival: 1, movedAgo: .milliseconds(12), against: 980_000) == .unknown)
    #expect(verdict(arrival: 1, movedAgo: .milliseconds(12), against: 980_000, by: reading) == .stays(arrival: 990_000))
    #expect(verdict(arrival: 1, movedAgo: .milliseconds(12), against: 995_000, by: reading) == .givesWay)
    #expect(verdict(arrival: 1, movedAgo: .seconds(31), against: 2) == .givesWay, "no client is on its way for so long")
  }

  @Test func `a reading of the store's clock is taken as halfway between question and answer`() {
    let reading = StoreClockReading(5_000_000, asked: now, answered: now + .milliseconds(10))
    #expect(reading.time(of: now + .milliseconds(5)) == 5_000_000)
    #expect(reading.time(of: now) == 4_995_000)
    #expect(reading.time(of: now + .seconds(2)) == 6_995_000)
  }
}
