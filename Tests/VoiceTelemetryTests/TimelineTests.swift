import NIOConcurrencyHelpers
import TelemetryExport
import Testing
import VoiceCore

@testable import VoiceTelemetry

@Suite struct TimelineTests {
  private let clock = NIOLockedValueBox(UnixTime(milliseconds: 1_795_230_000_000))
  private let timeline: Timeline
  private let ledger: DailyTotals
  private let session: SessionContext

  init() {
    let clock = clock
    timeline = Timeline(now: { clock.withLockedValue { $0 } })
    ledger = DailyTotals(now: { clock.withLockedValue { $0 } })
    var generator = SystemRandomNumberGenerator()
    session = SessionContext(
      id: SessionID(using: &generator), userID: "ada", plan: "elite", model: "gpt-realtime-2.1", hasVoiceEvents: true)
  }

  private func pass(_ seconds: Int64) { clock.withLockedValue { $0 = $0 + .seconds(seconds) } }

  private func turn(_ milliseconds: Int) -> RelayEvent {
    .turn(
      TurnMetrics(
        responseID: "r", speechStoppedToFirstAudio: .milliseconds(milliseconds), contextWait: .zero, upstream: .milliseconds(milliseconds)))
  }

  @Test func `an hour is kept in stretches of ten seconds, empty ones too`() {
    timeline.observed(.started(resumed: false), in: session)
    timeline.observed(turn(400), in: session)
    pass(35)
    timeline.observed(.refused(.upstreamUnavailable, wasAdmitted: true), in: session)
    timeline.observed(.refused(.planNotAllowed), in: session)
    let points = timeline.view(after: 0).points
    #expect(points.map(\.at) == (0..<4).map { 1_795_230_000_000 + $0 * 10_000 })
    #expect(points.map(\.active) == [1, 1, 1, 1])
    #expect(points.map(\.turns) == [1, 0, 0, 0])
    #expect(points[0].p95 != nil && points[1].p95 == nil)
    #expect((points[3].faults, points[3].outcomes, points[3].refused) == (1, 1, 1))
    #expect(timeline.view(after: points[1].at).points.map(\.at) == points.suffix(2).map(\.at))
    pass(2 * 3_600)
    #expect(timeline.view(after: 0).points.count == 361)
  }

  @Test func `a clock that is set back breaks nothing`() {
    pass(60)
    _ = timeline.view(after: 0)
    pass(-45)
    timeline.observed(.started(resumed: false), in: session)
    #expect(timeline.view(after: 0).points.last?.started == 1)
  }

  @Test func `the last turns are kept with the times of their parts`() throws {
    var finished = FinishedTrace(
      traceID: "t", tags: [TraceAttribute("session", .text("vs_0123456789abcdef")), TraceAttribute("model", .text("m"))],
      root: TraceSpan(
        id: "1", parent: nil, name: "turn", operation: "voice.turn", start: UnixTime(milliseconds: 5_000),
        end: UnixTime(milliseconds: 9_000),
        attributes: [TraceAttribute("status", .text("completed")), TraceAttribute("interrupted", .text("true"))]),
      spans: [
        TraceSpan(
          id: "2", parent: nil, name: "first audio", operation: "voice.first_audio", start: UnixTime(milliseconds: 5_100),
          end: UnixTime(milliseconds: 5_700))
      ])
    for _ in 0..<30 { timeline.finished(finished) }
    finished.root.name = "session"
    timeline.finished(finished)
    let turns = timeline.view(after: 0).turns
    #expect(turns.count == 24)
    let turn = try #require(turns.last)
    #expect((turn.session, turn.latency, turn.status, turn.isInterrupted) == ("abcdef", 700, "completed", true))
    #expect(turn.parts == [.init(name: "first audio", from: 100, to: 700, status: nil)])
  }

  @Test func `a day's sums can be taken, and put back where they could not be stored`() throws {
    var usage = TokenUsage()
    usage.outputAudio = 1_000
    ledger.observed(.started(resumed: false), in: session)
    ledger.observed(.started(resumed: true), in: session)
    ledger.observed(.responseDone(status: "completed", usage: usage), in: session)
    let taken = try #require(ledger.take().first)
    #expect(taken.figures.day == "2026-11-21" && taken.users.count == 1)
    #expect(taken.figures.sums == ["sessions": 1, "cost_nano_usd": 64_000_000])
    #expect(ledger.take().isEmpty)
    ledger.observed(.responseDone(status: "completed", usage: usage), in: session)
    ledger.putBack(taken)
    #expect(ledger.take().first?.figures.sums == ["sessions": 1, "cost_nano_usd": 128_000_000])
    let figures = try #require(ledger.figures.first)
    #expect((figures.users, figures.sessions, figures.costNanoUSD) == (1, 1, 128_000_000))
    pass(86_400)
    ledger.observed(.started(resumed: false), in: session)
    #expect(ledger.figures.map(\.day) == ["2026-11-21", "2026-11-22"])
    #expect(ledger.lastDays(3) == ["2026-11-20", "2026-11-21", "2026-11-22"])
  }
}
