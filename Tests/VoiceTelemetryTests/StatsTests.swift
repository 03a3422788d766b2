import Foundation
import NIOConcurrencyHelpers
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
    for index in 0..<50 { collector.observed(.traffic(traffic), in: session("u\(index)")) }
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

  @Test func `retrievals are counted by outcome, those that were off are no queries`() {
    for status in ["hit", "hit", "late", "miss", "stale", "off"] {
      collector.observed(.retrieval(RetrievalMetrics(status: status, retrieval: .milliseconds(20), waited: .zero)), in: session("a"))
    }
    let rag = report().rag
    #expect((rag.queries, rag.hit, rag.late, rag.miss, rag.stale) == (5, 2, 1, 1, 1))
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
