import HTTPTypes
import NIOCore
import TelemetryExport
import Testing
import VoiceCore

@testable import VoiceTelemetry

@Suite struct TraceTests {
  private struct Recorder {
    var assembler: TraceAssembler
    var generator = SystemRandomNumberGenerator()
    var now = UnixTime(seconds: 1_795_230_000)
    var session: SessionContext

    init(traceparent: String? = nil, baggage: String? = nil, user: String = "ada", naming: TraceNaming = TraceNaming()) {
      assembler = TraceAssembler(naming)
      var generator = SystemRandomNumberGenerator()
      var fields: HTTPFields = traceparent.map { [HTTPField.Name("traceparent")!: $0] } ?? [:]
      fields[HTTPField.Name("baggage")!] = baggage
      session = SessionContext(
        id: SessionID(using: &generator), userID: user, plan: "elite", model: "m", hasVoiceEvents: true,
        trace: TraceContext(caller: TraceCaller(fields), using: &generator))
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
    _ = record(
      .queried(QueryMetrics(askedAt: .uptimeNanoseconds(1), took: .milliseconds(40), end: .found(passages: 2))))
    _ = record(
      .retrieval(
        RetrievalMetrics(
          status: "hit", retrieval: .milliseconds(40), waited: .milliseconds(30), askedAt: .uptimeNanoseconds(1), coverage: 0.8)))
    _ = record(
      .turn(
        TurnMetrics(
          responseID: "resp_1", speechStoppedToFirstAudio: .milliseconds(500), contextWait: .milliseconds(30), upstream: .milliseconds(400))
      ),
      after: 470)
    let traces = record(.responseDone(status: "completed", usage: nil), after: 1_000)
    let turn = try #require(traces.first)
    #expect(traces.count == 1 && turn.root.name == "turn" && turn.root.parent == record.session.trace?.spanID)
    #expect(turn.root.end - turn.root.start == .milliseconds(1_510))
    #expect(turn.spans.map(\.name).sorted() == ["answer", "first audio", "hold", "retrieval"])
    let hold = try #require(turn.spans.first { $0.name == "hold" })
    #expect(hold.start == turn.root.start + .milliseconds(10) && hold.end - hold.start == .milliseconds(30))
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
    _ = record(.queried(QueryMetrics(askedAt: .uptimeNanoseconds(1), took: .seconds(1), end: .cancelled)))
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

  @Test func `a query is drawn where it ran, before the end of speech, and the one that was used is marked`() throws {
    var record = Recorder()
    _ = record(.queried(QueryMetrics(askedAt: .uptimeNanoseconds(1), took: .milliseconds(300), end: .cancelled)), after: 400)
    _ = record(.queried(QueryMetrics(askedAt: .uptimeNanoseconds(2), took: .milliseconds(200), end: .found(passages: 3))), after: 100)
    let found = record.now
    _ = record(
      .retrieval(
        RetrievalMetrics(
          status: "hit", retrieval: .milliseconds(200), waited: .zero, askedAt: .uptimeNanoseconds(2), coverage: 1)), after: 2_000)
    _ = record(
      .turn(
        TurnMetrics(
          responseID: "resp_1", speechStoppedToFirstAudio: .milliseconds(500), contextWait: .zero, upstream: .milliseconds(490))),
      after: 500)
    let turn = try #require(record(.responseDone(status: "completed", usage: nil), after: 100).first)
    let queries = turn.spans.filter { $0.name == "retrieval" }
    #expect(queries.count == 2 && queries[1].start == found - .milliseconds(200) && queries[1].end == found)
    #expect(queries[0].attributes.contains(TraceAttribute("outcome", .text("cancelled"))))
    #expect(
      queries[1].attributes.contains(TraceAttribute("status", .text("hit"))) && !queries[0].attributes.contains { $0.name == "status" })
    #expect(turn.root.start == queries[0].start)
    let drawn = try #require(TimelineTurn(turn))
    #expect(drawn.latency == 500 && drawn.parts.first?.from == -2_400 && drawn.parts.first?.outcome == "cancelled")
    #expect(drawn.parts.first { $0.status == "hit" }.map { [$0.from, $0.to] } == [-2_200, -2_000])
  }

  @Test func `a query that ends after the answer began is drawn in its own turn`() throws {
    var record = Recorder()
    _ = record(
      .turn(
        TurnMetrics(
          responseID: "resp_1", speechStoppedToFirstAudio: .milliseconds(500), contextWait: .milliseconds(200), upstream: .milliseconds(300)
        )),
      after: 1_000)
    _ = record(.queried(QueryMetrics(askedAt: .uptimeNanoseconds(1), took: .milliseconds(1_200), end: .found(passages: 1))), after: 400)
    let turn = try #require(record(.responseDone(status: "completed", usage: nil), after: 100).first)
    #expect(turn.spans.contains { $0.name == "retrieval" })
  }

  @Test func `spans name the model's work by the conventions for generative AI`() throws {
    var record = Recorder()
    _ = record(
      .turn(TurnMetrics(responseID: "resp_1", speechStoppedToFirstAudio: nil, contextWait: .zero, upstream: .milliseconds(300))))
    _ = record(.toolCalled(ToolMetrics(name: "lookup_order", call: "call_1", took: .milliseconds(20), failure: "timeout")))
    var usage = TokenUsage()
    (usage.inputText, usage.inputAudio, usage.outputAudio, usage.total) = (10, 20, 30, 60)
    let turn = try #require(record(.responseDone(status: "completed", usage: usage)).first)
    let expected = [
      "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m", "gen_ai.response.id": "resp_1",
      "gen_ai.conversation.id": record.session.id.rawValue,
    ]
    for (name, text) in expected { #expect(turn.root.attributes.contains(TraceAttribute(name, .text(text))), "\(name)") }
    #expect(turn.root.attributes.contains(TraceAttribute("gen_ai.usage.input_tokens", .integer(30))))
    #expect(turn.root.attributes.contains(TraceAttribute("gen_ai.usage.output_tokens", .integer(30))))
    let tool = try #require(turn.spans.first { $0.name == "execute_tool lookup_order" })
    #expect(tool.isError && tool.attributes.contains(TraceAttribute("gen_ai.tool.call.id", .text("call_1"))))
  }

  @Test func `a user's own name is in no trace, and one user has one pseudonym`() throws {
    let naming = TraceNaming(pseudonyms: UserPseudonyms(secret: "a secret of the house".utf8))
    var users: Set<UserPseudonym> = []
    for _ in 0..<2 {
      var record = Recorder(user: "ada@example.org", naming: naming)
      let session = try #require(record(.ended(.idleTimeout, summary)).first)
      #expect(!"\(session)".contains("ada@"))
      users.insert(try #require(session.user))
    }
    #expect(users == [naming.pseudonyms.pseudonym(of: "ada@example.org")])
  }

  @Test(arguments: ["00", "01"]) func `a caller's decision and its baggage go with the trace`(flags: String) throws {
    let key = String(repeating: "d", count: 32)
    var record = Recorder(
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\(flags)",
      baggage: "other=1,sentry-trace_id=4bf92f3577b34da6a3ce929d0e0e4736,sentry-release=a%401;p=1,sentry-public_key=\(key)")
    let session = try #require(record(.ended(.idleTimeout, summary)).first)
    #expect(session.isSampled == (flags == "01") && session.callersDecision == session.isSampled)
    #expect(
      session.dynamicSamplingContext == [
        TraceAttribute("trace_id", .text("4bf92f3577b34da6a3ce929d0e0e4736")), TraceAttribute("release", .text("a@1")),
        TraceAttribute("public_key", .text(key)),
      ])
  }

  @Test func `baggage without its trace, or of another one, is frozen for none`() throws {
    let key = String(repeating: "d", count: 32)
    let baggage = "sentry-trace_id=4bf92f3577b34da6a3ce929d0e0e4736,sentry-public_key=\(key)"
    var begun = Recorder(baggage: baggage)
    #expect(try #require(begun(.ended(.idleTimeout, summary)).first).dynamicSamplingContext == nil)
    let other = "00-771a43a4192642f0b136d5159a501700-00f067aa0ba902b7-01"
    var continued = Recorder(traceparent: other, baggage: baggage)
    #expect(try #require(continued(.ended(.idleTimeout, summary)).first).dynamicSamplingContext == [])
    var silent = Recorder(traceparent: other)
    #expect(try #require(silent(.ended(.idleTimeout, summary)).first).dynamicSamplingContext == [])
  }

  @Test(arguments: [
    ("wss://api.openai.com/v1/realtime", "openai"), ("wss://x.openai.azure.com/openai/v1/realtime", "azure.ai.openai"),
    ("wss://eu.cognitiveservices.azure.com:443/openai", "azure.ai.openai"), ("ws://127.0.0.1:9000/v1/realtime", "openai"), ("", "openai"),
  ])
  func `a provider is known by its host`(url: String, provider: String) {
    #expect(TraceNaming.provider(ofURL: url) == provider)
  }
}
