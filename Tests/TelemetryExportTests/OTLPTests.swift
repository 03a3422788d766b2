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
      traceID: String(repeating: "a", count: 32), sessionID: "vs_1", userID: "ada", plan: "elite", model: "m",
      root: TraceSpan(
        id: String(repeating: "b", count: 16), parent: String(repeating: "c", count: 16), name: "session", operation: "voice.session",
        start: time, end: time + .seconds(1), isError: true, attributes: [TraceAttribute("reason", .text("internal_error"))]),
      spans: [
        TraceSpan(
          id: String(repeating: "d", count: 16), parent: nil, name: "dial", operation: "voice.dial", start: time,
          end: time + .milliseconds(5),
          attributes: [TraceAttribute("attempt", .integer(2))])
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

  private struct Collector: HTTPClient {
    let answers: NIOLockedValueBox<[HTTPResponse.Status]>
    let paths = NIOLockedValueBox<[String]>([])
    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      paths.withLockedValue { $0.append(request.path ?? "") }
      let status = answers.withLockedValue { $0.isEmpty ? .ok : $0.removeFirst() }
      return HTTPClientResponse(head: HTTPResponse(status: status, headerFields: [.retryAfter: "0"]), body: ByteBuffer())
    }
  }

  private func exporter(_ collector: Collector, maxQueued: Int = 4) -> OTLPExporter {
    var configuration = OTLPExporter.Configuration(endpoint: "http://collector:4318/base/", resource: [])
    configuration.maxQueuedTraces = maxQueued
    configuration.traceInterval = .milliseconds(1)
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
    #expect(exporter.dropped == 0)
  }

  @Test func `what the collector refuses is not sent again but counted`() async throws {
    let collector = Collector(answers: NIOLockedValueBox([.badRequest]))
    let exporter = exporter(collector)
    exporter.finished(trace)
    try await run(exporter, until: 1, collector)
    #expect(collector.paths.withLockedValue { $0 } == ["/base/v1/traces", "/base/v1/metrics"])
    #expect(exporter.dropped == 1)
  }

  @Test func `more traces than may wait are dropped and counted`() {
    let exporter = exporter(Collector(answers: NIOLockedValueBox([])))
    for _ in 0..<7 { exporter.finished(trace) }
    #expect(exporter.queued == 4 && exporter.dropped == 3)
  }
}
