public import VoiceCore

/// Counts of values by bucket.
public struct MetricHistogram: Sendable, Equatable {
  /// Upper bounds, ascending; `+Inf` is implied.
  public var bounds: [Double]
  /// One more than ``bounds``; not cumulative.
  public var buckets: [UInt64]
  /// Number of observations.
  public var count: UInt64
  /// Sum of all observations.
  public var sum: Double
  /// A recent value of each bucket with the trace that it came from; empty, or as many as ``buckets``.
  public var exemplars: [MetricExemplar?]

  /// Creates a metric histogram.
  public init(bounds: [Double], buckets: [UInt64], count: UInt64, sum: Double, exemplars: [MetricExemplar?] = []) {
    self.bounds = bounds
    self.buckets = buckets
    self.count = count
    self.sum = sum
    self.exemplars = exemplars
  }
}

/// One value that was counted, and where it can be seen.
public struct MetricExemplar: Sendable, Equatable {
  /// Value that was observed.
  public var value: Double
  /// Trace in which it was observed.
  public var traceID: String
  /// Span in which it was observed.
  public var spanID: String
  /// Time of the observation.
  public var time: UnixTime

  /// Creates a metric exemplar.
  public init(value: Double, traceID: String, spanID: String, time: UnixTime) {
    self.value = value
    self.traceID = traceID
    self.spanID = spanID
    self.time = time
  }
}
