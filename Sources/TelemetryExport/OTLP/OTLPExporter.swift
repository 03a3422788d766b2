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
    /// Spans and data points that the collector left out of what it took.
    var rejected: [OTLPSignal: Int] = [:]
  }
  private enum Outcome {
    /// The collector took it, but for so many spans or data points.
    case taken(rejected: Int)
    case lost(OTLPTraceQueue.Loss)
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

  /// Traces that wait, and those that were lost since the start, by reason. A trace of which the collector rejected a part is lost as
  /// `refused`: a batch loses as many traces as spans, at most all that it has.
  public var traces: (waiting: Int, lost: [String: Int]) {
    state.withLockedValue { state in
      (state.queue.count, Dictionary(uniqueKeysWithValues: state.queue.lost.map { ($0.key.rawValue, $0.value) }))
    }
  }

  /// Metrics about the exporter itself.
  public func families() -> [MetricFamily] {
    let prefix = configuration.metricPrefix
    let traces = traces
    let counts = state.withLockedValue { $0.rejected }
    let rejected = Dictionary(uniqueKeysWithValues: OTLPSignal.allCases.map { ($0.item, counts[$0] ?? 0) })
    let lost = Dictionary(uniqueKeysWithValues: OTLPTraceQueue.Loss.allCases.map { ($0.rawValue, traces.lost[$0.rawValue] ?? 0) })
    return [
      .gauge(prefix + "_queue_traces", "Traces that wait to be sent over OTLP.", Double(traces.waiting)),
      .counts(
        prefix + "_dropped_traces_total",
        "Traces that did not arrive whole over OTLP, by reason. Rejected spans count as a trace each, up to all traces of their request.",
        label: "reason", lost),
      .counts(
        prefix + "_rejected_items_total", "Spans and data points that the OTLP collector left out of requests that it took.",
        label: "item", rejected),
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
      switch await send(payload.traces(batch), .traces, to: endpoint, attempts: attempts) {
      case .taken(let rejected):
        let spans = min(rejected, batch.reduce(0) { $0 + 1 + $1.spans.count })
        state.withLockedValue { state in
          state.rejected[.traces, default: 0] += spans
          // The collector does not say which traces the spans are of.
          if spans > 0 { state.queue.lose(min(spans, batch.count), .refused) }
        }
      case .lost(let loss): state.withLockedValue { $0.queue.lose(batch.count, loss) }
      }
    }
    reportLosses()
  }

  private func sendMetrics() async {
    guard let endpoint = configuration.metrics else { return }
    let families = metrics() + families()
    // The next report holds all that this one does: no second attempt is worth it.
    let outcome = await send(payload.metrics(families, from: startedAt, to: now()), .metrics, to: endpoint, attempts: 1)
    guard case .taken(let rejected) = outcome, rejected > 0 else { return }
    let points = families.reduce(0) { $0 + $1.points.count }
    state.withLockedValue { $0.rejected[.metrics, default: 0] += min(rejected, points) }
  }

  private func reportLosses() {
    let time = now()
    guard let lost = state.withLockedValue({ $0.queue.report(at: time) }) else { return }
    logger.warning("OTLP traces dropped", metadata: ["count": .stringConvertible(lost), "waiting": .stringConvertible(traces.waiting)])
  }

  private func send(_ node: JSONNode, _ signal: OTLPSignal, to endpoint: OTLPEndpoint, attempts: Int) async -> Outcome {
    let request = endpoint.request(configuration.headers)
    let body = ByteBuffer(bytes: Gzip.compress(node.bytes))
    let options = HTTPClientOptions(timeout: configuration.requestTimeout)
    for attempt in 1...max(1, attempts) {
      var delay = Duration.seconds(1 << (attempt - 1))
      do {
        let response = try await http.execute(request, body: body, options: options)
        let status = response.head.status.code
        switch status {
        case 200..<300:
          return taken(OTLPPartialSuccess(response.body, of: signal), signal, endpoint)
        // The only ones that the protocol lets a client repeat.
        case 429, 502, 503, 504:
          if let seconds = response.head.headerFields[.retryAfter].flatMap({ Double($0) }), seconds.isFinite {
            delay = .seconds(min(max(seconds, 0), 30))
          }
          if attempt >= attempts { failed(signal, endpoint, status: status, "the OTLP collector is overloaded or away") }
        default:
          failed(signal, endpoint, status: status, "the OTLP collector refuses what it is sent")
          return .lost(.refused)
        }
      } catch let error as HTTPClientError where error.code == .tooLarge {
        // It answered, and would again: nothing that a repetition mends, and no loss that is known of.
        failed(signal, endpoint, status: 0, "the OTLP collector's answer is too large to be read")
        return .taken(rejected: 0)
      } catch {
        if attempt >= attempts { failed(signal, endpoint, status: 0, "the OTLP collector cannot be reached") }
      }
      guard attempt < attempts, (try? await Task.sleep(for: delay)) != nil else { break }
    }
    return .lost(.unreachable)
  }

  /// Success, whatever the collector says of it: what was rejected would be again.
  private func taken(_ answer: OTLPPartialSuccess, _ signal: OTLPSignal, _ endpoint: OTLPEndpoint) -> Outcome {
    var details: Logger.Metadata = [:]
    if let message = answer.message(hiding: configuration.headers) { details["reason"] = "\(message)" }
    if answer.rejected > 0 {
      details["rejected_\(signal.item)"] = .stringConvertible(answer.rejected)
      failed(signal, endpoint, status: 200, "the OTLP collector rejects a part of what it is sent", details)
    } else {
      succeeded(signal, endpoint)
      if !details.isEmpty, state.withLockedValue({ $0.problems.warned(by: endpoint.authority) }) {
        details["url"] = "\(endpoint)"
        logger.warning("the OTLP collector takes what it is sent, and warns", metadata: details)
      }
    }
    return .taken(rejected: answer.rejected)
  }

  private func failed(_ signal: OTLPSignal, _ endpoint: OTLPEndpoint, status: Int, _ message: String, _ details: Logger.Metadata = [:]) {
    let time = now()
    guard state.withLockedValue({ $0.problems.failed(signal.rawValue, at: endpoint.authority, status: status, now: time) }) else { return }
    var metadata = details
    metadata["url"] = "\(endpoint)"
    if status != 0 { metadata["status"] = .stringConvertible(status) }
    if let hint = endpoint.hint(for: status) { metadata["hint"] = "\(hint)" }
    logger.warning("\(message)", metadata: metadata)
  }

  private func succeeded(_ signal: OTLPSignal, _ endpoint: OTLPEndpoint) {
    let time = now()
    guard state.withLockedValue({ $0.problems.succeeded(signal.rawValue, at: endpoint.authority, now: time) }) else { return }
    logger.info("the OTLP collector takes what it is sent again", metadata: ["url": "\(endpoint)"])
  }
}
