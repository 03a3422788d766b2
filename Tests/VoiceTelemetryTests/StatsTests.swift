import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import TelemetryExport
import Testing
import VoiceCore

@testable import VoiceTelemetry

@Suite struct StatsTests {
  private let clock = NIOLockedValueBox(UnixTime(seconds: 1_795_230_000))
  private let collector: StatsCollector

  init() {
    let clock = clock
    collector = StatsCollector(now: { clock.withLockedValue { $0 } })
  }

  private func session(_ user: String, model: String = "gpt-realtime-2.1") -> SessionContext {
    var generator = SystemRandomNumberGenerator()
    return SessionContext(id: SessionID(using: &generator), userID: user, plan: "elite", model: model, hasVoiceEvents: true)
  }

  private func report() -> StatsReport {
    StatsReport(collector.snapshot(), startedAt: collector.startedAt, now: clock.withLockedValue { $0 })
  }

  private func usage(inputText: Int, cachedText: Int = 0, outputAudio: Int = 0) -> TokenUsage {
    var usage = TokenUsage()
    usage.inputText = inputText
    usage.cachedText = cachedText
    usage.outputAudio = outputAudio
    usage.total = inputText + outputAudio
    return usage
  }

  @Test func `sessions are counted from their start to their end`() {
    let (one, two) = (session("a"), session("b"))
    collector.observed(.started(resumed: false), in: one)
    collector.observed(.started(resumed: true), in: two)
    collector.observed(.refused(.planNotAllowed), in: session("c"))
    collector.observed(.ended(.idleTimeout, SessionSummary(duration: .seconds(1), counters: SessionCounters())), in: one)
    let sessions = report().sessions
    #expect(sessions == .init(active: 1, started: 1, resumed: 1, ended: ["idle_timeout": 1], refused: ["plan_not_allowed": 1]))
  }

  @Test func `traffic of all sessions is one sum`() {
    var traffic = RelayTraffic()
    traffic.audioChunksFromClient = 2
    traffic.bytesToClient = 100
    for index in 0..<50 { collector.relayed(traffic, by: session("u\(index)").id) }
    let report = report()
    #expect(report.audioChunks == .init(fromClient: 100, toClient: 0))
    #expect(report.bytes == .init(fromClient: 0, toClient: 5_000))
  }

  @Test func `percentiles are within one percent, and null where nothing was recorded`() throws {
    #expect(report().turnLatency.p50 == nil)
    for milliseconds in 1...1_000 {
      collector.observed(
        .turn(
          TurnMetrics(responseID: "r", speechStoppedToFirstAudio: .milliseconds(milliseconds), contextWait: .zero, upstream: .zero)),
        in: session("a"))
    }
    let latency = report().turnLatency
    #expect(latency.count == 1_000)
    #expect(abs(try #require(latency.p50) - 500) <= 5)
    #expect(abs(try #require(latency.p95) - 950) <= 9.5)
    #expect(abs(try #require(latency.p99) - 990) <= 9.9)
  }

  @Test func `cost follows the price list, cached tokens as a part of input`() {
    collector.observed(
      .responseDone(status: "completed", usage: usage(inputText: 1_000, cachedText: 400, outputAudio: 100)), in: session("a"))
    // 600 × 4 + 400 × 0.40 + 100 × 64 USD per million.
    #expect(abs(report().costUSD.total - 0.00896) < 1e-12)
    collector.observed(.transcribed(model: "gpt-realtime-whisper", seconds: 60), in: session("a"))
    #expect(abs((report().costUSD.byModel["gpt-realtime-whisper"] ?? 0) - 0.017) < 1e-12)
  }

  @Test func `an unknown price is counted as unpriced and is no zero`() {
    collector.observed(.responseDone(status: "completed", usage: usage(inputText: 1_000)), in: session("a", model: "house-model"))
    let cost = report().costUSD
    #expect(cost.unpriced == ["house-model": 1])
    #expect(cost.byModel["house-model"] == nil)
    #expect(report().tokens.byModel["house-model"]?.inputText == 1_000)
  }

  @Test func `what is counted by day begins anew at midnight UTC, the totals do not`() {
    collector.observed(.started(resumed: false), in: session("a"))
    collector.observed(.started(resumed: false), in: session("a"))
    collector.observed(.started(resumed: false), in: session("b"))
    collector.observed(.responseDone(status: "completed", usage: usage(inputText: 1_000_000)), in: session("a"))
    #expect(report().users.today == 2)
    #expect(report().costUSD.today == 4)
    clock.withLockedValue { $0 = $0 + .seconds(86_400) }
    #expect(report().users.today == 0)
    #expect(report().costUSD.today == 0)
    #expect(report().costUSD.total == 4)
  }

  @Test func `turns are counted by what came of their context, queries each once, whatever came of them`() throws {
    for status in ["hit", "hit", "late", "miss", "stale", "off"] {
      collector.observed(.retrieval(RetrievalMetrics(status: status, retrieval: nil, waited: .zero, coverage: 0.5)), in: session("a"))
    }
    for (index, end) in [QueryMetrics.End.found(passages: 1), .nothing, .cancelled, .failed(.timeout)].enumerated() {
      collector.observed(
        .queried(QueryMetrics(askedAt: .uptimeNanoseconds(1), took: .milliseconds(20 + index * 600), end: end)), in: session("a"))
    }
    let rag = report().rag
    #expect((rag.queries, rag.cancelled, rag.failed) == (4, 1, 1))
    #expect((rag.hit, rag.late, rag.miss, rag.stale) == (2, 1, 1, 1))
    #expect(rag.coverage == 0.5)
    #expect(try #require(rag.p99) >= 1_800)
  }

  @Test func `the last minutes have percentiles of their own`() throws {
    func turn(_ milliseconds: Int) {
      collector.observed(
        .turn(TurnMetrics(responseID: "r", speechStoppedToFirstAudio: .milliseconds(milliseconds), contextWait: .zero, upstream: .zero)),
        in: session("a"))
    }
    for _ in 0..<100 { turn(100) }
    clock.withLockedValue { $0 = $0 + .seconds(600) }
    #expect(report().recent.turnLatency.count == 0 && report().recent.turnLatency.p95 == nil)
    for _ in 0..<3 { turn(2_000) }
    #expect(report().recent.turnLatency.count == 3)
    #expect(try #require(report().recent.turnLatency.p50) > 1_900 && report().turnLatency.count == 103)
  }

  @Test func `a sum that is not finite costs no report`() throws {
    collector.observed(.transcribed(model: "gpt-realtime-whisper", seconds: .nan), in: session("a"))
    collector.observed(.transcribed(model: "gpt-realtime-whisper", seconds: .infinity), in: session("a"))
    _ = try JSONEncoder().encode(report())
    _ = try JSONEncoder().encode(collector.snapshot())
    #expect(report().costUSD.unpriced == ["gpt-realtime-whisper": 2] && report().costUSD.total == 0)
  }

  @Test func `buckets reach what each kind of duration comes to`() throws {
    collector.observed(.admitted([AdmissionStep("limit", took: .microseconds(700))]), in: session("a"))
    collector.observed(.queried(QueryMetrics(askedAt: .uptimeNanoseconds(1), took: .milliseconds(3), end: .nothing)), in: session("a"))
    let families = MetricFamily.all(collector.snapshot(), version: "1")
    func bounds(_ name: String) -> [Double] {
      guard case .histogram(let histogram)? = families.first(where: { $0.name == name })?.points.first?.value else { return [] }
      return histogram.bounds
    }
    #expect(bounds("voice_session_duration_seconds").contains(600) && (bounds("voice_session_duration_seconds").last ?? 0) >= 3_600)
    #expect(bounds("voice_admission_step_seconds").prefix { $0 < 0.005 }.count >= 3)
    #expect(bounds("voice_retrieval_duration_seconds").prefix { $0 <= 0.005 }.count >= 3)
  }

  @Test func `the kinds of tokens add up to all of them, cached ones stand apart`() {
    collector.observed(
      .responseDone(status: "completed", usage: usage(inputText: 1_000, cachedText: 400, outputAudio: 100)), in: session("a"))
    func sum(_ name: String) -> Double {
      MetricFamily.all(collector.snapshot(), version: "1").first { $0.name == name }?.points.reduce(0) {
        if case .number(let number) = $1.value { $0 + number } else { $0 }
      } ?? -1
    }
    #expect(sum("voice_tokens_total") == 1_100 && sum("voice_cached_tokens_total") == 400)
  }

  /// Usage of a provider that does not say what its tokens are.
  private var unsplit: TokenUsage {
    var usage = TokenUsage()
    (usage.inputOther, usage.cachedOther, usage.outputOther, usage.total) = (800, 300, 100, 900)
    return usage
  }

  @Test func `tokens of an unknown kind are told as such, in every figure`() throws {
    collector.observed(.responseDone(status: "completed", usage: unsplit), in: session("a"))
    let text = PrometheusText.render(MetricFamily.all(collector.snapshot(), version: "1"))
    for line in [
      #"voice_tokens_total{model="gpt-realtime-2.1",kind="input_other"} 800"#,
      #"voice_tokens_total{model="gpt-realtime-2.1",kind="output_other"} 100"#,
      #"voice_cached_tokens_total{model="gpt-realtime-2.1",kind="input_other"} 300"#,
    ] { #expect(text.contains(line), "\(line)") }
    let operation = try #require(collector.snapshot().operations["gpt-realtime-2.1"])
    #expect((operation.inputTokens.sum, operation.outputTokens.sum) == (800, 100))
    let attributes = TraceNaming().attributes(ofResponse: "r", status: "completed", unsplit, in: session("a"))
    for (name, tokens) in [("input_tokens", 800), ("output_tokens", 100), ("cache_read.input_tokens", 300)] {
      #expect(attributes.contains(TraceAttribute("gen_ai.usage.\(name)", .integer(tokens))))
    }
  }

  @Test func `swift-metrics is told of tokens of an unknown kind, too`() throws {
    let registry = MetricRegistry()
    SwiftMetricsObserver(factory: registry).observed(.responseDone(status: "completed", usage: unsplit), in: session("a"))
    let points = try #require(registry.snapshot.first { $0.name == "voice_tokens_total" }).points
    let kinds = points.map { "\($0.labels.first { $0.name == "kind" }?.value ?? "") \($0.value)" }
    #expect(Set(kinds) == ["input_other number(800.0)", "output_other number(100.0)"])
  }

  @Test func `reasons and outcomes that have not happened yet are told as 0`() {
    let text = PrometheusText.render(MetricFamily.all(collector.snapshot(), version: "1"))
    for line in [
      #"voice_sessions_refused_total{reason="rate_limit_exceeded"} 0"#, #"voice_sessions_ended_total{reason="upstream_closed"} 0"#,
      #"voice_retrievals_total{status="late"} 0"#, #"voice_responses_total{status="failed"} 0"#,
    ] { #expect(text.contains(line), "\(line)") }
  }

  @Test func `a response is an operation of its model: its tokens once, its time from request to end`() throws {
    let talk = session("a")
    collector.observed(
      .turn(TurnMetrics(responseID: "r", speechStoppedToFirstAudio: nil, contextWait: .zero, upstream: .milliseconds(300))), in: talk)
    clock.withLockedValue { $0 = $0 + .milliseconds(700) }
    collector.observed(.responseDone(status: "completed", usage: usage(inputText: 1_000, outputAudio: 100)), in: talk)
    let operation = try #require(collector.snapshot().operations["gpt-realtime-2.1"])
    #expect((operation.inputTokens.sum, operation.outputTokens.sum, operation.duration.sumSeconds) == (1_000, 100, 1))
    let family = try #require(MetricFamily.all(collector.snapshot(), version: "1").first { $0.otlpName == "gen_ai.client.token.usage" })
    #expect(family.points.count == 2 && family.otlpLabels["gen_ai_token_type"] == "gen_ai.token.type")
  }

  @Test func `a bucket shows a trace that was recorded, and none that was not`() throws {
    for flags in ["01", "00"] {
      var generator = SystemRandomNumberGenerator()
      var talk = session("a")
      let fields: HTTPFields = [HTTPField.Name("traceparent")!: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\(flags)"]
      talk.trace = TraceContext(caller: TraceCaller(fields), using: &generator)
      let collector = StatsCollector(now: { UnixTime(seconds: 1_795_230_000) })
      collector.observed(
        .turn(TurnMetrics(responseID: "r", speechStoppedToFirstAudio: .milliseconds(400), contextWait: .zero, upstream: .zero)), in: talk)
      let text = PrometheusText.render(MetricFamily.all(collector.snapshot(), version: "1"), as: .openMetrics)
      let exemplar = #"voice_turn_latency_seconds_bucket{le="0.5"} 1 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="#
      #expect(text.contains(exemplar) == (flags == "01"))
    }
  }

  @Test func `labels that others choose are bounded`() {
    for index in 0..<1_000 { collector.observed(.error(code: "code_\(index)"), in: session("a")) }
    let errors = report().errors
    #expect(errors.count == 65)
    #expect(errors["other"] == 936)
  }

  @Test func `the report goes to JSON and back with nulls where nothing was recorded`() throws {
    let data = try JSONEncoder().encode(report())
    #expect(String(decoding: data, as: UTF8.self).contains("\"p50_ms\":null"))
    #expect(try JSONDecoder().decode(StatsReport.self, from: data) == report())
  }

  @Test func `Prometheus text has one HELP and TYPE a metric, cumulative buckets and escaped labels`() throws {
    collector.observed(.error(code: "a\"b\\c\nd"), in: session("a"))
    for latency in [Duration.milliseconds(40), .milliseconds(90), .seconds(60)] {
      collector.observed(
        .turn(TurnMetrics(responseID: "r", speechStoppedToFirstAudio: latency, contextWait: .zero, upstream: .zero)), in: session("a"))
    }
    let text = PrometheusText.render(MetricFamily.all(collector.snapshot(), version: "1.2.3"))
    let lines = text.split(separator: "\n")
    #expect(lines.contains(#"voice_errors_total{code="a\"b\\c\nd"} 1"#))
    #expect(lines.contains(#"voice_turn_latency_seconds_bucket{le="0.05"} 1"#))
    #expect(lines.contains(#"voice_turn_latency_seconds_bucket{le="0.1"} 2"#))
    #expect(lines.contains(#"voice_turn_latency_seconds_bucket{le="30"} 2"#))
    #expect(lines.contains(#"voice_turn_latency_seconds_bucket{le="+Inf"} 3"#))
    #expect(lines.contains(#"voice_build_info{version="1.2.3"} 1"#))
    let types = lines.filter { $0.hasPrefix("# TYPE") }
    #expect(Set(types).count == types.count && types.count == lines.filter { $0.hasPrefix("# HELP") }.count)
  }
}
