import TelemetryExport
import Testing
import VoiceCore

@testable import VoiceTelemetry

@Suite struct TraceTests {
  private struct Recorder {
    var assembler = TraceAssembler()
    var generator = SystemRandomNumberGenerator()
    var now = UnixTime(seconds: 1_795_230_000)
    var session: SessionContext

    init(traceparent: String? = nil) {
      var generator = SystemRandomNumberGenerator()
      session = SessionContext(
        id: SessionID(using: &generator), userID: "ada", plan: "elite", model: "m", hasVoiceEvents: true,
        trace: TraceContext(traceparent: traceparent, using: &generator))
      _ = self(.admitted([]))
    }

    mutating func callAsFunction(_ event: RelayEvent, after milliseconds: Int = 0) -> [FinishedTrace] {
      now = now + .milliseconds(milliseconds)
      return assembler.observed(event, in: session, at: now, using: &generator)
    }
  }

  private let summary = SessionSummary(duration: .seconds(1), counters: SessionCounters())

  @Test func `a turn is a trace of its own under the session's span, with what it waited for`() throws {
    var record = Recorder()
    _ = record(.retrieval(RetrievalMetrics(status: "hit", retrieval: .milliseconds(40), waited: .milliseconds(30))))
    _ = record(
      .turn(
        TurnMetrics(
          responseID: "resp_1", speechStoppedToFirstAudio: .milliseconds(500), contextWait: .milliseconds(30), upstream: .milliseconds(400))
      ),
      after: 470)
    let traces = record(.responseDone(status: "completed", usage: nil), after: 1_000)
    let turn = try #require(traces.first)
    #expect(traces.count == 1 && turn.root.name == "turn" && turn.root.parent == record.session.trace?.spanID)
    #expect(turn.root.end - turn.root.start == .milliseconds(1_500))
    #expect(turn.spans.map(\.name).sorted() == ["answer", "first audio", "hold", "retrieval"])
    let hold = try #require(turn.spans.first { $0.name == "hold" })
    #expect(hold.start == turn.root.start && hold.end - hold.start == .milliseconds(30))
  }

  @Test func `a session's trace holds the steps that led in, one behind the other, and the dial`() throws {
    var record = Recorder()
    _ = record(.admitted([AdmissionStep("auth", took: .milliseconds(5)), AdmissionStep("limit", took: .milliseconds(3))]))
    _ = record(.upstreamOpened(after: .milliseconds(120)), after: 120)
    _ = record(.started(resumed: false))
    let session = try #require(record(.ended(.idleTimeout, summary), after: 1_000).first)
    #expect(session.spans.map(\.name) == ["auth", "limit", "dial"])
    #expect(session.spans[0].end == session.spans[1].start)
    #expect(session.root.end - session.root.start == .milliseconds(1_128))
    #expect(!session.root.isError && record.assembler.openSessions == 0)
  }

  @Test func `a fault of the server's side makes the session an error`() throws {
    var record = Recorder()
    _ = record(.upstreamFailed(label: "timeout"))
    let session = try #require(record(.refused(.upstreamUnavailable)).first)
    #expect(session.root.isError && session.spans.first?.isError == true)
  }

  @Test func `what comes after the end begins nothing anew`() {
    var record = Recorder()
    _ = record(.ended(.idleTimeout, summary))
    _ = record(.retrieval(RetrievalMetrics(status: "late", retrieval: nil, waited: .zero)))
    #expect(record.assembler.openSessions == 0)
  }

  @Test func `spans of a session are bounded`() throws {
    var record = Recorder()
    for _ in 0..<1_000 { _ = record(.upstreamFailed(label: "timeout")) }
    #expect(record(.ended(.idleTimeout, summary)).first?.spans.count == TraceAssembler.maxSpans)
  }

  @Test func `a caller's trace goes on`() throws {
    var record = Recorder(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    let session = try #require(record(.ended(.idleTimeout, summary)).first)
    #expect(session.traceID == "4bf92f3577b34da6a3ce929d0e0e4736" && session.root.parent == "00f067aa0ba902b7")
    #expect(record.session.trace?.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-\(session.root.id)-01")
  }

  @Test(arguments: [
    "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
  ])
  func `what is no traceparent begins a trace`(text: String) {
    var generator = SystemRandomNumberGenerator()
    let trace = TraceContext(traceparent: text, using: &generator)
    #expect(trace.parentSpanID == nil && trace.traceID != "4bf92f3577b34da6a3ce929d0e0e4736" && trace.traceID.utf8.count == 32)
  }

  @Test(arguments: ["4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"])
  func `a caller may say its trace in Sentry's words, traceparent comes first`(text: String) {
    var generator = SystemRandomNumberGenerator()
    let trace = TraceContext(sentryTrace: text, using: &generator)
    #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736" && trace.parentSpanID == "00f067aa0ba902b7")
    let both = TraceContext(
      traceparent: "00-\(String(repeating: "e", count: 32))-00f067aa0ba902b7-01", sentryTrace: text, using: &generator)
    #expect(both.traceID == String(repeating: "e", count: 32))
    #expect(TraceContext(sentryTrace: "nonsense", using: &generator).parentSpanID == nil)
  }
}
