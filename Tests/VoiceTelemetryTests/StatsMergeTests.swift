import Foundation
import NIOConcurrencyHelpers
import TelemetryExport
import Testing
import VoiceCore

@testable import VoiceTelemetry

@Suite struct StatsMergeTests {
  private let clock = NIOLockedValueBox(UnixTime(seconds: 1_795_230_000))

  private func collector() -> StatsCollector { StatsCollector(now: { [clock] in clock.withLockedValue { $0 } }) }

  private func session(_ user: String, model: String = "gpt-realtime-2.1") -> SessionContext {
    var generator = SystemRandomNumberGenerator()
    return SessionContext(id: SessionID(using: &generator), userID: user, plan: "elite", model: model, hasVoiceEvents: true)
  }

  private func talk(_ collector: StatsCollector, _ users: [String], milliseconds: [Int]) {
    for user in users {
      let session = session(user)
      collector.observed(.admitted([AdmissionStep("auth", took: .milliseconds(3))]), in: session)
      collector.observed(.started(resumed: false), in: session)
      for time in milliseconds {
        collector.observed(
          .turn(
            TurnMetrics(responseID: "r", speechStoppedToFirstAudio: .milliseconds(time), contextWait: .zero, upstream: .milliseconds(time))),
          in: session)
      }
      var usage = TokenUsage()
      (usage.outputAudio, usage.total) = (1_000, 1_000)
      collector.observed(.responseDone(status: "completed", usage: usage), in: session)
      collector.observed(.error(code: "odd"), in: session)
      var traffic = RelayTraffic()
      traffic.audioChunksToClient = 5
      collector.relayed(traffic, by: session.id)
    }
  }

  private func report(_ tally: StatsSnapshot) -> StatsReport {
    StatsReport(tally, startedAt: UnixTime(seconds: 1_795_230_000), now: UnixTime(seconds: 1_795_230_100))
  }

  /// As another instance reads it.
  private func sent(_ collector: StatsCollector) throws -> StatsSnapshot {
    try JSONDecoder().decode(StatsSnapshot.self, from: JSONEncoder().encode(collector.snapshot()))
  }

  @Test func `two instances that were sent and merged are as one that saw it all`() throws {
    let (one, two, both) = (collector(), collector(), collector())
    talk(one, ["a", "b"], milliseconds: [100, 200, 300])
    talk(two, ["b", "c"], milliseconds: [400, 500, 4_000])
    talk(both, ["a", "b"], milliseconds: [100, 200, 300])
    talk(both, ["b", "c"], milliseconds: [400, 500, 4_000])
    var merged = one.snapshot()
    merged.merge(try sent(two))
    #expect(report(merged) == report(both.snapshot()))
    #expect(report(merged).users.today == 3)
    #expect(report(merged).turnLatency.p50 == report(both.snapshot()).turnLatency.p50)
    #expect(MetricFamily.all(merged, version: "1") == MetricFamily.all(both.snapshot(), version: "1"))
  }

  @Test func `what another instance counted yesterday is in the totals alone`() throws {
    let old = collector()
    talk(old, ["a"], milliseconds: [100])
    let yesterday = try sent(old)
    clock.withLockedValue { $0 = $0 + .seconds(86_400) }
    let new = collector()
    talk(new, ["b"], milliseconds: [100])
    var merged = new.snapshot()
    merged.merge(yesterday)
    let report = report(merged)
    #expect(report.users.today == 1)
    #expect(abs(report.costUSD.today - 0.064) < 1e-9 && abs(report.costUSD.total - 0.128) < 1e-9)
  }

  @Test func `sessions are told by state`() {
    let collector = collector()
    let (one, two) = (session("a"), session("b"))
    func states() -> [Int] {
      let tally = collector.snapshot()
      return [tally.opening, tally.active - tally.waiting.count, tally.waiting.count]
    }
    for session in [one, two] { collector.observed(.admitted([]), in: session) }
    #expect(states() == [2, 0, 0])
    collector.observed(.started(resumed: false), in: one)
    collector.observed(.refused(.upstreamUnavailable, wasAdmitted: true), in: two)
    collector.observed(.refused(.tokenMissing), in: session("c"))
    #expect(states() == [0, 1, 0])
    collector.observed(.clientLost, in: one)
    #expect(states() == [0, 0, 1])
    collector.observed(.clientReturned, in: one)
    #expect(states() == [0, 1, 0])
    collector.observed(.clientLost, in: one)
    collector.observed(.ended(.idleTimeout, SessionSummary(duration: .seconds(1), counters: SessionCounters())), in: one)
    #expect(states() == [0, 0, 0])
    #expect(collector.snapshot().faulted.values == ["opening": 1])
  }
}
