public import HTTPTypes

/// Settings of an ``OTLPExporter``, with OpenTelemetry's meanings.
public struct OTLPConfiguration: Sendable {
  /// URL that traces are posted to; nil sends none.
  public var traces: OTLPEndpoint?
  /// URL that metrics are posted to; nil sends none.
  public var metrics: OTLPEndpoint?
  /// Header fields of every request, credentials among them: never printed.
  public var headers: HTTPFields = [:]
  /// `service.name` and the like.
  public var resource: [(name: String, value: String)]
  /// Traces that may wait; one more is dropped and counted.
  public var maxQueuedTraces = 4_096
  /// Traces that are sent at once as soon as so many wait.
  public var maxBatch = 256
  /// Longest wait of a trace that fills no batch.
  public var traceInterval = Duration.seconds(5)
  /// Time between two exports of metrics.
  public var metricInterval = Duration.seconds(30)
  /// Time allowed for one request.
  public var requestTimeout = Duration.seconds(10)
  /// Time allowed for a graceful shutdown to send what is queued.
  public var flushTimeout = Duration.seconds(2)
  /// Attempts of one export, the first included.
  public var maxAttempts = 3
  /// Beginning of the names of the metrics about the exporter itself.
  public var metricPrefix = "otlp"

  /// Creates an OTLP configuration.
  public init(traces: OTLPEndpoint?, metrics: OTLPEndpoint?, resource: [(name: String, value: String)]) {
    self.traces = traces
    self.metrics = metrics
    self.resource = resource
  }
}
