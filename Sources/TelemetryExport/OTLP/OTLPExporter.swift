import HTTPTypes
public import Logging
import NIOConcurrencyHelpers
import NIOCore
public import ServiceLifecycle
public import VoiceCore

/// Sends traces and metrics to an OpenTelemetry collector over OTLP/HTTP in JSON.
///
/// Traces wait in a bounded queue; one sender takes them in batches, as soon as one is full. A batch that the collector does not take is
/// tried again while the protocol lets it, then dropped and counted. A caller never waits.
public final class OTLPExporter: TraceSink, Service {
  private struct State {
    var queue: OTLPTraceQueue
    var problems = OTLPProblems()
  }
  private let configuration: OTLPConfiguration
  private let payload: OTLPPayload
  private let http: any HTTPClient
  private let metrics: @Sendable () -> [MetricFamily]
  private let now: @Sendable () -> UnixTime
  private let startedAt: UnixTime
  private let logger: Logger
  private let state: NIOLockedValueBox<State>
  private let wakeups: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  /// Creates an OTLP exporter.
  public init(
    _ configuration: OTLPConfiguration, http: any HTTPClient, metrics: @escaping @Sendable () -> [MetricFamily],
    now: @escaping @Sendable () -> UnixTime, logger: Logger
  ) {
    self.configuration = configuration
    payload = OTLPPayload(resource: configuration.resource)
    self.http = http
    self.metrics = metrics
    self.now = now
    self.logger = logger
    startedAt = now()
    state = NIOLockedValueBox(
      State(queue: OTLPTraceQueue(maxQueued: configuration.maxQueuedTraces, maxBatch: configuration.maxBatch)))
    (wakeups, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Traces that wait, and those that were lost since the start, by reason.
  public var traces: (waiting: Int, lost: [String: Int]) {
    state.withLockedValue { state in
      (state.queue.count, Dictionary(uniqueKeysWithValues: state.queue.lost.map { ($0.key.rawValue, $0.value) }))
    }
  }

  /// Metrics about the exporter itself.
  public func families() -> [MetricFamily] {
    let prefix = configuration.metricPrefix
    let traces = traces
    let lost = Dictionary(uniqueKeysWithValues: OTLPTraceQueue.Loss.allCases.map { ($0.rawValue, traces.lost[$0.rawValue] ?? 0) })
    return [
      .gauge(prefix + "_queue_traces", "Traces that wait to be sent over OTLP.", Double(traces.waiting)),
      .counts(prefix + "_dropped_traces_total", "Traces that were not sent over OTLP, by reason.", label: "reason", lost),
    ]
  }

  /// Queues a trace that the sampler chose; the others are not lost, and are not counted.
  public func finished(_ trace: FinishedTrace) {
    guard trace.isSampled, configuration.traces != nil else { return }
    if state.withLockedValue({ $0.queue.add(trace) }) { wake.yield() }
  }

  /// Sends until a graceful shutdown, then the rest for at most ``OTLPConfiguration/flushTimeout``.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.sendFullBatches() }
      group.addTask { await self.every(self.configuration.traceInterval) { self.wake.yield() } }
      group.addTask { await self.every(self.configuration.metricInterval) { await self.sendMetrics() } }
      try? await gracefulShutdown()
      group.cancelAll()
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await self.sendTraces(attempts: 1)
        await self.sendMetrics()
      }
      group.addTask { try? await Task.sleep(for: self.configuration.flushTimeout) }
      await group.next()
      group.cancelAll()
    }
    reportLosses()
  }

  private func every(_ interval: Duration, _ body: () async -> Void) async {
    while (try? await Task.sleep(for: interval)) != nil { await body() }
  }

  /// Each wake-up is a full batch, or the interval.
  private func sendFullBatches() async {
    for await _ in wakeups { await sendTraces(attempts: configuration.maxAttempts) }
  }

  private func sendTraces(attempts: Int) async {
    guard let endpoint = configuration.traces else { return }
    while !Task.isCancelled {
      let batch = state.withLockedValue { $0.queue.next() }
      guard !batch.isEmpty else { break }
      let loss = await send(payload.traces(batch), "traces", to: endpoint, attempts: attempts)
      if let loss { state.withLockedValue { $0.queue.lose(batch.count, loss) } }
    }
    reportLosses()
  }

  private func sendMetrics() async {
    guard let endpoint = configuration.metrics else { return }
    // The next report holds all that this one does: no second attempt is worth it.
    _ = await send(payload.metrics(metrics() + families(), from: startedAt, to: now()), "metrics", to: endpoint, attempts: 1)
  }

  private func reportLosses() {
    let time = now()
    guard let lost = state.withLockedValue({ $0.queue.report(at: time) }) else { return }
    logger.warning("OTLP traces dropped", metadata: ["count": .stringConvertible(lost), "waiting": .stringConvertible(traces.waiting)])
  }

  /// Nil where it arrived.
  private func send(_ node: JSONNode, _ signal: String, to endpoint: OTLPEndpoint, attempts: Int) async -> OTLPTraceQueue.Loss? {
    let request = endpoint.request(configuration.headers)
    let body = ByteBuffer(bytes: Gzip.compress(node.bytes))
    let options = HTTPClientOptions(timeout: configuration.requestTimeout, maxResponseBytes: 65_536)
    for attempt in 1...max(1, attempts) {
      var delay = Duration.seconds(1 << (attempt - 1))
      do {
        let response = try await http.execute(request, body: body, options: options)
        let status = response.head.status.code
        switch status {
        case 200..<300:
          succeeded(signal, endpoint)
          return nil
        // The only ones that the protocol lets a client repeat.
        case 429, 502, 503, 504:
          if let seconds = response.head.headerFields[.retryAfter].flatMap({ Double($0) }), seconds.isFinite {
            delay = .seconds(min(max(seconds, 0), 30))
          }
          if attempt >= attempts { failed(signal, endpoint, status: status, "the OTLP collector is overloaded or away") }
        default:
          failed(signal, endpoint, status: status, "the OTLP collector refuses what it is sent")
          return .refused
        }
      } catch {
        if attempt >= attempts { failed(signal, endpoint, status: 0, "the OTLP collector cannot be reached") }
      }
      guard attempt < attempts, (try? await Task.sleep(for: delay)) != nil else { break }
    }
    return .unreachable
  }

  private func failed(_ signal: String, _ endpoint: OTLPEndpoint, status: Int, _ message: String) {
    let time = now()
    guard state.withLockedValue({ $0.problems.failed(signal, at: endpoint.authority, status: status, now: time) }) else { return }
    var metadata: Logger.Metadata = ["url": "\(endpoint)"]
    if status != 0 { metadata["status"] = .stringConvertible(status) }
    if let hint = endpoint.hint(for: status) { metadata["hint"] = "\(hint)" }
    logger.warning("\(message)", metadata: metadata)
  }

  private func succeeded(_ signal: String, _ endpoint: OTLPEndpoint) {
    let time = now()
    guard state.withLockedValue({ $0.problems.succeeded(signal, at: endpoint.authority, now: time) }) else { return }
    logger.info("the OTLP collector takes what it is sent again", metadata: ["url": "\(endpoint)"])
  }
}
