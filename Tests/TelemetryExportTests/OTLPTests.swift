import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle
import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct OTLPTests {
  private let time = UnixTime(milliseconds: 1_795_230_000_000)

  private var trace: FinishedTrace {
    FinishedTrace(
      traceID: String(repeating: "a", count: 32), user: UserPseudonyms(secret: "house".utf8).pseudonym(of: "ada@example.org"),
      root: TraceSpan(
        id: String(repeating: "b", count: 16), parent: String(repeating: "c", count: 16), name: "session", operation: "voice.session",
        kind: .server, start: time, end: time + .seconds(1), isError: true, attributes: [TraceAttribute("reason", .text("internal_error"))]),
      spans: [
        TraceSpan(
          id: String(repeating: "d", count: 16), name: "dial", operation: "voice.dial", kind: .client, start: time,
          end: time + .milliseconds(5), attributes: [TraceAttribute("attempt", .integer(2))])
      ])
  }

  @Test func `a trace becomes spans in their tree, with times in nanoseconds and ids in hexadecimal`() throws {
    let text = OTLPPayload(resource: [("service.name", "s")]).traces([trace]).text
    let root = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let resource = try #require((root["resourceSpans"] as? [[String: Any]])?.first)
    let scope = try #require((resource["scopeSpans"] as? [[String: Any]])?.first)
    let spans = try #require(scope["spans"] as? [[String: Any]])
    #expect(spans.map { $0["name"] as? String } == ["session", "dial"])
    #expect(spans.map { $0["parentSpanId"] as? String } == [String(repeating: "c", count: 16), String(repeating: "b", count: 16)])
    #expect(spans.map { $0["kind"] as? Int } == [2, 3])
    #expect(spans.map { ($0["status"] as? [String: Int])?["code"] } == [2, 0])
    #expect(spans[1]["endTimeUnixNano"] as? String == "1795230000005000000")
    #expect(text.contains(#"{"key":"attempt","value":{"intValue":"2"}}"#))
  }

  @Test func `a histogram's buckets and sums are as OTLP wants them, cumulative since the start`() {
    let family = MetricFamily(
      "voice_a_seconds", .histogram, "A.",
      [MetricPoint(value: .histogram(MetricHistogram(bounds: [1, 2], buckets: [3, 0, 1], count: 4, sum: 5.5)))])
    let text = OTLPPayload(resource: []).metrics([family, .counter("voice_b_total", "B.", 7)], from: time, to: time + .seconds(1)).text
    #expect(text.contains(#""count":"4","sum":5.5,"bucketCounts":["3","0","1"],"explicitBounds":[1.0,2.0]"#))
    #expect(text.contains(#""unit":"s""#))
    #expect(text.contains(#""aggregationTemporality":2,"isMonotonic":true"#))
    #expect(text.contains(#""startTimeUnixNano":"1795230000000000000""#))
  }

  @Test func `a user is known by a pseudonym, and counts have no unit`() {
    let text = OTLPPayload(resource: []).traces([trace]).text
    #expect(text.contains(#""key":"enduser.pseudo.id","value":{"stringValue":"user_"#) && !text.contains("ada"))
    let metrics = OTLPPayload(resource: []).metrics([.gauge("voice_sessions_active", "S.", 1)], from: time, to: time).text
    #expect(!metrics.contains("unit"))
  }

  @Test func `a convention's names are told over OTLP, exemplars with their traces`() {
    var histogram = MetricHistogram(bounds: [1], buckets: [1, 0], count: 1, sum: 0.5)
    histogram.exemplars = [MetricExemplar(value: 0.5, traceID: "t", spanID: "s", time: time), nil]
    var family = MetricFamily(
      "gen_ai_client_token_usage", .histogram, "T.",
      [MetricPoint([MetricLabel("gen_ai_token_type", "input")], value: .histogram(histogram))])
    family.otlpName = "gen_ai.client.token.usage"
    family.otlpLabels = ["gen_ai_token_type": "gen_ai.token.type"]
    family.unit = .tokens
    let text = OTLPPayload(resource: []).metrics([family], from: time, to: time).text
    #expect(text.contains(#""name":"gen_ai.client.token.usage""#) && text.contains(#""key":"gen_ai.token.type""#))
    #expect(text.contains(#""unit":"{token}""#) && text.contains(#""traceId":"t","spanId":"s""#))
  }

  // MARK: Where it goes

  @Test(arguments: [
    ("http://c:4318", "/v1/traces"), ("http://c:4318/", "/v1/traces"), ("https://c/base//", "/base/v1/traces"),
    ("http://c/v1/traces", "/v1/traces/v1/traces"), ("http://c/otlp?x=1", "/otlp/v1/traces?x=1"),
    ("http://c/otlp/?x=/1/#f", "/otlp/v1/traces?x=/1/"), ("http://c?x=1", "/v1/traces?x=1"),
  ])
  func `a base address gets the signal's path, an endpoint of its own is used as it is`(url: String, path: String) throws {
    #expect(try #require(OTLPEndpoint(base: url, path: "/v1/traces")).request([:]).path == path)
    #expect(try #require(OTLPEndpoint(signal: "http://c/custom?x=1")).request([:]).path == "/custom?x=1")
    #expect(try #require(OTLPEndpoint(signal: "http://c")).request([:]).path == "/")
  }

  @Test(arguments: ["", "c:4318", "ftp://c", "http://", "http:///v1"]) func `what is no URL is no endpoint`(url: String) {
    #expect(OTLPEndpoint(signal: url) == nil)
  }

  @Test func `an endpoint prints without its credentials, and knows the usual mistake`() throws {
    let secret = try #require(OTLPEndpoint(signal: "https://user:canary@c/p?key=canary"))
    #expect("\(secret)" == "https://c/p")
    let doubled = try #require(OTLPEndpoint(base: "http://c/v1/traces", path: "/v1/metrics"))
    let queried = try #require(OTLPEndpoint(base: "http://c/v1/traces?key=canary", path: "/v1/metrics"))
    #expect(queried.hint(for: 404) == doubled.hint(for: 404) && "\(queried)" == "\(doubled)")
    #expect(doubled.hint(for: 404)?.contains("base address") == true && doubled.hint(for: 500) == nil)
  }

  @Test func `pairs are read as OpenTelemetry writes them`() {
    let pairs = OTLPKeyValues.parse("a=1, b = x%20y%2Cz ,c==,,d=")
    #expect(pairs?.map { "\($0.name)|\($0.value)" } == ["a|1", "b|x y,z", "c|=", "d|"])
    #expect(OTLPKeyValues.parse("novalue") == nil && OTLPKeyValues.parse("=x") == nil && OTLPKeyValues.parse("") != nil)
    #expect(OTLPKeyValues.headers("authorization=Basic%20xyz,x-org=7")?[.authorization] == "Basic xyz")
    #expect(OTLPKeyValues.headers("bad name=1") == nil && OTLPKeyValues.headers("a=b%0d%0ac") == nil)
  }

  // MARK: What waits

  @Test func `a full batch wakes the sender, what is beyond the bound is counted, and told once a minute`() {
    var queue = OTLPTraceQueue(maxQueued: 5, maxBatch: 2)
    #expect((0..<7).map { _ in queue.add(trace) } == [false, true, false, true, false, false, false])
    #expect(queue.lost == [.queueFull: 2] && queue.next().count == 2 && queue.count == 3)
    #expect(queue.report(at: time) == 2 && queue.report(at: time) == nil)
    queue.lose(9, .refused)
    queue.lose(4, .unreachable)
    #expect(queue.report(at: time + .seconds(59)) == nil && queue.report(at: time + .seconds(60)) == 4)
  }

  @Test func `a problem is told once, whatever signal it hits, another one too, and the same again after a quiet minute`() {
    var problems = OTLPProblems()
    func failed(_ signal: String, _ status: Int, after seconds: Int64) -> Bool {
      problems.failed(signal, at: "c:4318", status: status, now: time + .seconds(seconds))
    }
    func succeeded(_ signal: String, after seconds: Int64) -> Bool {
      problems.succeeded(signal, at: "c:4318", now: time + .seconds(seconds))
    }
    let first = (0..<5).map { _ in failed("traces", 404, after: 0) }
    #expect(first == [true, false, false, false, false])
    let (metrics, other, early) = (failed("metrics", 404, after: 0), failed("traces", 403, after: 0), succeeded("traces", after: 30))
    #expect(!metrics && other && !early)
    let (half, whole) = (succeeded("metrics", after: 61), succeeded("traces", after: 62))
    #expect(!half && whole)
    let again = failed("traces", 404, after: 70)
    #expect(again)
  }

  private struct Collector: HTTPClient {
    let answers: NIOLockedValueBox<[HTTPResponse.Status]>
    let paths = NIOLockedValueBox<[String]>([])
    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      paths.withLockedValue { $0.append(request.path ?? "") }
      #expect(request.headerFields[.authorization] == "Bearer canary")
      let status = answers.withLockedValue { $0.isEmpty ? .ok : $0.removeFirst() }
      return HTTPClientResponse(head: HTTPResponse(status: status, headerFields: [.retryAfter: "0"]), body: ByteBuffer())
    }
  }

  private func exporter(_ collector: Collector, maxQueued: Int = 4, interval: Duration = .milliseconds(1)) -> OTLPExporter {
    let base = "http://collector:4318/base/"
    var configuration = OTLPConfiguration(
      traces: OTLPEndpoint(base: base, path: "/v1/traces"), metrics: OTLPEndpoint(base: base, path: "/v1/metrics"),
      resource: [])
    configuration.maxQueuedTraces = maxQueued
    configuration.maxBatch = 2
    configuration.headers = [.authorization: "Bearer canary"]
    configuration.traceInterval = interval
    configuration.metricInterval = .seconds(3_600)
    return OTLPExporter(
      configuration, http: collector, metrics: { [.gauge("voice_y", "Y.", 1)] }, now: { time },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Until this many requests were made, then a graceful shutdown.
  private func run(_ exporter: OTLPExporter, until count: Int, _ collector: Collector) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let services = ServiceGroup(services: [exporter], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      group.addTask { try await services.run() }
      while collector.paths.withLockedValue({ $0.count }) < count { await Task.yield() }
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
  }

  @Test func `what the collector will take later is sent again, and metrics go out at the end`() async throws {
    let collector = Collector(answers: NIOLockedValueBox([.serviceUnavailable, .tooManyRequests]))
    let exporter = exporter(collector)
    exporter.finished(trace)
    try await run(exporter, until: 3, collector)
    #expect(collector.paths.withLockedValue { $0 } == Array(repeating: "/base/v1/traces", count: 3) + ["/base/v1/metrics"])
    #expect(exporter.traces.lost.isEmpty)
  }

  @Test func `what the collector refuses is not sent again but counted`() async throws {
    let collector = Collector(answers: NIOLockedValueBox([.badRequest]))
    let exporter = exporter(collector)
    exporter.finished(trace)
    try await run(exporter, until: 1, collector)
    #expect(collector.paths.withLockedValue { $0 } == ["/base/v1/traces", "/base/v1/metrics"])
    #expect(exporter.traces.lost == ["refused": 1])
  }

  @Test func `full batches go out at once, whatever the interval`() async throws {
    let collector = Collector(answers: NIOLockedValueBox([]))
    let exporter = exporter(collector, maxQueued: 10, interval: .seconds(3_600))
    for _ in 0..<4 { exporter.finished(trace) }
    try await run(exporter, until: 2, collector)
    #expect(collector.paths.withLockedValue { $0.prefix(2) } == ["/base/v1/traces", "/base/v1/traces"])
  }

  @Test func `more traces than may wait are dropped and counted, those that are not sampled are neither`() {
    let exporter = exporter(Collector(answers: NIOLockedValueBox([])))
    for _ in 0..<7 { exporter.finished(trace) }
    var unsampled = trace
    unsampled.isSampled = false
    exporter.finished(unsampled)
    #expect(exporter.traces.waiting == 4 && exporter.traces.lost == ["queue_full": 3])
    let dropped = exporter.families().first { $0.name == "otlp_dropped_traces_total" }
    #expect(dropped?.points.first { $0.labels.first?.value == "queue_full" }?.value == .number(3))
  }
}
