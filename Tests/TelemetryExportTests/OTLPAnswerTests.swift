import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle
import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct OTLPAnswerTests {
  /// Answers each signal in one way, and counts the requests.
  private struct Collector: HTTPClient {
    enum Answer: Sendable {
      case body(String)
      case tooLarge
    }
    var traces: Answer
    var metrics = Answer.body("{}")
    let requests = NIOLockedValueBox<[String]>([])

    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      let path = request.path ?? ""
      requests.withLockedValue { $0.append(path) }
      switch path == "/v1/traces" ? traces : metrics {
      case .body(let text):
        guard text.utf8.count <= options.maxResponseBytes else { throw HTTPClientError(.tooLarge, "collector") }
        return HTTPClientResponse(head: HTTPResponse(status: .ok), body: ByteBuffer(string: text))
      case .tooLarge: throw HTTPClientError(.tooLarge, "collector")
      }
    }
  }

  /// Keeps warnings.
  private struct Recorder: LogHandler {
    let lines: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      lines.withLockedValue { $0.append(([event.message.description] + details).joined(separator: "|")) }
    }
  }

  private let time = UnixTime(seconds: 1_795_230_000)
  private let lines = NIOLockedValueBox<[String]>([])

  private var trace: FinishedTrace {
    func span(_ id: String) -> TraceSpan { TraceSpan(id: id, name: "turn", operation: "voice.turn", start: time, end: time) }
    return FinishedTrace(traceID: String(repeating: "a", count: 32), root: span("b"), spans: [span("c"), span("d")])
  }

  /// Sends so many traces in batches of two, then the metrics.
  private func sent(_ traces: Int, to collector: Collector) async throws -> OTLPExporter {
    var configuration = OTLPConfiguration(
      traces: OTLPEndpoint(signal: "http://collector/v1/traces"), metrics: OTLPEndpoint(signal: "http://collector/v1/metrics"), resource: []
    )
    configuration.maxBatch = 2
    configuration.headers = [.authorization: "Bearer canary-of-the-house"]
    configuration.traceInterval = .seconds(3_600)
    configuration.metricInterval = .seconds(3_600)
    let logger = Logger(label: "test") { [lines] _ in Recorder(lines: lines) }
    let exporter = OTLPExporter(
      configuration, http: collector, metrics: { [.gauge("voice_y", "Y.", 1)] }, now: { [time] in time }, logger: logger)
    for _ in 0..<traces { exporter.finished(trace) }
    let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      let services = ServiceGroup(services: [exporter], logger: silent)
      group.addTask { try await services.run() }
      while traces >= 2, collector.requests.withLockedValue({ $0.count }) < traces / 2 { await Task.yield() }
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
    return exporter
  }

  private func count(_ exporter: OTLPExporter, _ family: String, _ label: String) -> Double? {
    guard let point = exporter.families().first(where: { $0.name == family })?.points.first(where: { $0.labels.first?.value == label }),
      case .number(let number) = point.value
    else { return nil }
    return number
  }

  @Test func `rejected spans are counted, each as a trace up to those of its request, and told once`() async throws {
    let answer = #"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old,\nBearer canary-of-the-house, canary-of-the-house"}}"#
    let exporter = try await sent(4, to: Collector(traces: .body(answer)))
    #expect(exporter.traces.lost == ["refused": 2])
    #expect(count(exporter, "otlp_dropped_traces_total", "refused") == 2 && count(exporter, "otlp_rejected_items_total", "spans") == 2)
    let lines = lines.withLockedValue { $0 }
    #expect(lines.count == 1 && lines[0].contains("rejects a part") && lines[0].contains("reason=too old, "), "\(lines)")
    #expect(lines[0].contains("rejected_spans=1") && !lines[0].contains("canary") && !lines[0].contains("\n"))
  }

  @Test func `a collector cannot reject more than it was sent`() async throws {
    let collector = Collector(
      traces: .body(#"{"partial_success":{"rejected_spans":99}}"#),
      metrics: .body(#"{"partialSuccess":{"rejectedDataPoints":"9223372036854775807"}}"#))
    let exporter = try await sent(2, to: collector)
    #expect(exporter.traces.lost == ["refused": 2] && count(exporter, "otlp_rejected_items_total", "spans") == 6)
    let points = try #require(count(exporter, "otlp_rejected_items_total", "data_points"))
    #expect((1...100).contains(points))
  }

  @Test func `a warning of a collector that takes everything is told once, and nothing is lost`() async throws {
    let warning = Collector.Answer.body(#"{"partialSuccess":{"errorMessage":"use gRPC"}}"#)
    let exporter = try await sent(4, to: Collector(traces: warning, metrics: warning))
    #expect(exporter.traces.lost.isEmpty && count(exporter, "otlp_rejected_items_total", "spans") == 0)
    let lines = lines.withLockedValue { $0 }
    #expect(lines.count == 1 && lines[0].contains("reason=use gRPC"), "\(lines)")
  }

  @Test(arguments: [
    "", "<html>", "{", "[]", "null", #"{"partialSuccess":null}"#, #"{"partialSuccess":{}}"#, #"{"partialSuccess":{"rejectedSpans":"-2"}}"#,
    #"{"partialSuccess":{"rejectedSpans":"many"}}"#, String(repeating: "x", count: 200_000),
  ])
  func `a 200 is a success whatever its body`(body: String) async throws {
    let collector = Collector(traces: .body(body), metrics: .body(body))
    let exporter = try await sent(2, to: collector)
    #expect(collector.requests.withLockedValue { $0 } == ["/v1/traces", "/v1/metrics"])
    #expect(exporter.traces.lost.isEmpty && lines.withLockedValue { $0.isEmpty })
  }

  @Test func `an answer that is too large to be read is not asked for again`() async throws {
    let collector = Collector(traces: .tooLarge)
    let exporter = try await sent(2, to: collector)
    #expect(collector.requests.withLockedValue { $0 } == ["/v1/traces", "/v1/metrics"] && exporter.traces.lost.isEmpty)
    #expect(lines.withLockedValue { $0.count } == 1)
  }
}
