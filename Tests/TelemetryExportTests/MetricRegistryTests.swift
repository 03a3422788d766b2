import Metrics
import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct MetricRegistryTests {
  private let registry = MetricRegistry(help: ["jobs_done_total": "Jobs that were done."], maxFamilies: 4, maxSeriesPerFamily: 3)

  private func text(_ format: PrometheusFormat = .prometheus) -> [Substring] {
    PrometheusText.render(registry.snapshot, as: format).split(separator: "\n")
  }

  @Test func `counters, gauges and timers come out under Prometheus' names and units`() {
    Counter(label: "jobs.done", dimensions: [("kind", "a")], factory: registry).increment(by: 3)
    Gauge(label: "queue-depth", factory: registry).record(7)
    Timer(label: "job.duration", factory: registry).recordMilliseconds(30)
    let lines = text()
    #expect(lines.contains("# HELP jobs_done_total Jobs that were done."))
    #expect(lines.contains("# TYPE jobs_done_total counter"))
    #expect(lines.contains(#"jobs_done_total{kind="a"} 3"#))
    #expect(lines.contains("queue_depth 7"))
    #expect(lines.contains(#"job_duration_seconds_bucket{le="0.025"} 0"#))
    #expect(lines.contains(#"job_duration_seconds_bucket{le="0.05"} 1"#))
    #expect(lines.contains("job_duration_seconds_sum 0.03"))
  }

  @Test func `the same label and dimensions are the same series`() {
    for _ in 0..<5 { Counter(label: "jobs.done", dimensions: [("kind", "a")], factory: registry).increment() }
    #expect(text().contains(#"jobs_done_total{kind="a"} 5"#))
  }

  @Test func `series and families are bounded, and what is beyond is counted as other`() {
    for index in 0..<100 { Counter(label: "jobs.done", dimensions: [("kind", "\(index)")], factory: registry).increment() }
    for index in 0..<100 { Counter(label: "family \(index)", factory: registry).increment() }
    let lines = text()
    #expect(lines.contains(#"jobs_done_total{kind="other"} 97"#))
    #expect(lines.count { $0.hasPrefix("# TYPE") } == 4)
    #expect(lines.count { $0.hasPrefix("jobs_done_total{") } == 4)
  }

  @Test func `a name stays of the kind that it was first`() {
    Counter(label: "a_total", factory: registry).increment()
    Gauge(label: "a_total", factory: registry).record(9)
    #expect(text() == ["# HELP a_total Reported through swift-metrics.", "# TYPE a_total counter", "a_total 1"])
  }

  @Test(arguments: [
    ("voice.store.duration", "voice_store_duration"), ("9lives", "_9lives"), ("", "_"), ("a b-c/d:é", "a_b_c_d__"),
  ])
  func `labels become names that Prometheus takes`(label: String, name: String) { #expect(MetricRegistry.name(label) == name) }

  @Test func `OpenMetrics names families of counters without their ending, writes edges as floats and says where it ends`() {
    Counter(label: "jobs.done", factory: registry).increment()
    Timer(label: "t", factory: registry).recordSeconds(1)
    let lines = text(.openMetrics)
    #expect(lines.contains("# TYPE jobs_done counter") && lines.contains("jobs_done_total 1"))
    #expect(lines.contains(#"t_seconds_bucket{le="1.0"} 1"#))
    #expect(lines.last == "# EOF")
  }

  @Test(
    arguments: [
      (nil, PrometheusFormat.prometheus), ("*/*", .prometheus), ("text/plain", .prometheus),
      (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5",
        .openMetrics
      ),
      ("application/openmetrics-text;q=0,text/plain", .prometheus),
      ("application/openmetrics-text;q=0.2, text/plain;q=0.9", .prometheus),
      ("text/plain;q=0.3,application/openmetrics-text", .openMetrics),
    ] as [(String?, PrometheusFormat)])
  func `the format is the one that is asked for`(accept: String?, format: PrometheusFormat) {
    #expect(PrometheusFormat(accept: accept) == format)
  }

  @Test func `a label that Prometheus keeps for itself gets another name`() {
    Counter(label: "c", dimensions: [("__name__", "forged"), ("le", "1")], factory: registry).increment()
    #expect(text().contains(#"c_total{_name__="forged",_le="1"} 1"#))
  }

  @Test func `OpenMetrics tells units and shows a trace in a bucket`() {
    var histogram = MetricHistogram(bounds: [1], buckets: [2, 0], count: 2, sum: 1)
    histogram.exemplars = [MetricExemplar(value: 0.5, traceID: "abc", spanID: "def", time: UnixTime(milliseconds: 1_500)), nil]
    let family = MetricFamily("x_seconds", .histogram, "X.", [MetricPoint(value: .histogram(histogram))])
    let lines = PrometheusText.render([family], as: .openMetrics).split(separator: "\n")
    #expect(lines.contains("# UNIT x_seconds seconds"))
    #expect(lines.contains(##"x_seconds_bucket{le="1.0"} 2 # {trace_id="abc",span_id="def"} 0.5 1.5"##))
    #expect(!PrometheusText.render([family]).contains("# UNIT") && !PrometheusText.render([family]).contains("trace_id"))
  }

  @Test(arguments: [
    ("voice_sessions_active", ""), ("process_open_fds", ""), ("voice_turn_latency_seconds", "s"), ("voice_bytes_total", "By"),
    ("voice_cost_usd_today", "{USD}"), ("hit_ratio", "1"),
  ])
  func `a gauge of counts has no unit, so that it keeps its name on the way to Prometheus`(name: String, unit: String) {
    #expect(MetricUnit(ofName: name).ucum == unit)
  }

  @Test func `figures of the process are there`() {
    let names = Set(ProcessMetrics.families(startedAt: UnixTime(seconds: 1)).map(\.name))
    #expect(
      names.isSuperset(of: [
        "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
      ]))
  }
}
