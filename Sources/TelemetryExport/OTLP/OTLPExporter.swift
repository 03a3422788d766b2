import HTTPTypes
public import Logging
import NIOConcurrencyHelpers
import NIOCore
public import ServiceLifecycle
public import VoiceCore

/// Sends traces and metrics to an OpenTelemetry collector over OTLP/HTTP in JSON.
///
/// Traces wait in a bounded queue; one sender takes them in batches. What a collector does not take is tried again while it says that
/// it may, then dropped and counted. Nobody who reports ever waits.
public final class OTLPExporter: TraceSink, Service {
  public struct Configuration: Sendable {
    /// Base address: `/v1/traces` and `/v1/metrics` are put behind it.
    public var endpoint: String
    /// `service.name` and the like.
    public var resource: [(name: String, value: String)]
    public var maxQueuedTraces = 512
    public var maxBatch = 128
    public var traceInterval = Duration.seconds(5)
    public var metricInterval = Duration.seconds(30)
    public var requestTimeout = Duration.seconds(10)
    public var flushTimeout = Duration.seconds(2)
    public var maxAttempts = 3

    public init(endpoint: String, resource: [(name: String, value: String)]) {
      self.endpoint = endpoint
      self.resource = resource
    }
  }

  private struct State {
    var queue: [FinishedTrace] = []
    var dropped = 0
  }
  private let configuration: Configuration
  private let payload: OTLPPayload
  private let http: any HTTPClient
  private let metrics: @Sendable () -> [MetricFamily]
  private let now: @Sendable () -> UnixTime
  private let startedAt: UnixTime
  private let logger: Logger
  private let state = NIOLockedValueBox(State())

  public init(
    _ configuration: Configuration, http: any HTTPClient, metrics: @escaping @Sendable () -> [MetricFamily],
    now: @escaping @Sendable () -> UnixTime, logger: Logger
  ) {
    self.configuration = configuration
    payload = OTLPPayload(resource: configuration.resource)
    self.http = http
    self.metrics = metrics
    self.now = now
    self.logger = logger
    startedAt = now()
  }

  /// Spans' traces that were not sent.
  public var dropped: Int { state.withLockedValue { $0.dropped } }
  /// Traces that wait.
  public var queued: Int { state.withLockedValue { $0.queue.count } }

  public func finished(_ trace: FinishedTrace) {
    state.withLockedValue { state in
      if state.queue.count < configuration.maxQueuedTraces { state.queue.append(trace) } else { state.dropped += 1 }
    }
  }

  /// Sends until a graceful shutdown, then what is left for at most ``Configuration/flushTimeout``.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await self.every(self.configuration.traceInterval) { await self.sendTraces(attempts: self.configuration.maxAttempts) }
      }
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
  }

  private func every(_ interval: Duration, _ body: () async -> Void) async {
    while (try? await Task.sleep(for: interval)) != nil { await body() }
  }

  private func sendTraces(attempts: Int) async {
    while !Task.isCancelled {
      let batch = state.withLockedValue { state in
        let batch = Array(state.queue.prefix(configuration.maxBatch))
        state.queue.removeFirst(batch.count)
        return batch
      }
      guard !batch.isEmpty else { return }
      guard await send(payload.traces(batch), to: "/v1/traces", attempts: attempts) else {
        return state.withLockedValue { $0.dropped += batch.count }
      }
    }
  }

  private func sendMetrics() async {
    // Figures are told anew in a while: no second attempt is worth it.
    _ = await send(payload.metrics(metrics(), from: startedAt, to: now()), to: "/v1/metrics", attempts: 1)
  }

  private func send(_ node: JSONNode, to path: String, attempts: Int) async -> Bool {
    guard var request = HTTPRequest(post: configuration.endpoint, path: path) else { return false }
    request.headerFields = [.contentType: "application/json", .contentEncoding: "gzip"]
    let body = Gzip.compress(node.bytes)
    let options = HTTPClientOptions(timeout: configuration.requestTimeout, maxResponseBytes: 65_536)
    for attempt in 1...max(1, attempts) {
      var delay = Duration.seconds(1 << (attempt - 1))
      do {
        let response = try await http.execute(request, body: ByteBuffer(bytes: body), options: options)
        switch response.head.status.code {
        case 200..<300: return true
        // The only ones that the protocol lets a client repeat.
        case 429, 502, 503, 504:
          if let seconds = response.head.headerFields[.retryAfter].flatMap({ Double($0) }) { delay = .seconds(min(max(seconds, 0), 30)) }
        default:
          logger.warning("the OTLP collector refuses", metadata: ["path": "\(path)", "status": "\(response.head.status.code)"])
          return false
        }
      } catch {
        logger.debug("the OTLP collector does not answer", metadata: ["path": "\(path)", "error": "\(error)"])
      }
      guard attempt < attempts, (try? await Task.sleep(for: delay)) != nil else { break }
    }
    logger.warning("not sent to the OTLP collector", metadata: ["path": "\(path)"])
    return false
  }
}

extension HTTPRequest {
  /// Nil for a base address that is none.
  fileprivate init?(post base: String, path: String) {
    guard let scheme = base.firstRange(of: "://") else { return nil }
    let rest = base[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    var prefix = rest[authority.endIndex...]
    while prefix.hasSuffix("/") { prefix = prefix.dropLast() }
    self.init(method: .post, scheme: String(base[..<scheme.lowerBound]), authority: String(authority), path: prefix + path)
  }
}
