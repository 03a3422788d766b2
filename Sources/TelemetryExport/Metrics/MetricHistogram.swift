public import VoiceCore

/// Counts of values by bucket.
public struct MetricHistogram: Sendable, Equatable {
  /// Upper bounds, ascending; `+Inf` is implied.
  public var bounds: [Double]
  /// One more than ``bounds``; not cumulative.
  public var buckets: [UInt64]
  public var count: UInt64
  public var sum: Double
  /// A recent value of each bucket with the trace that it came from; empty, or as many as ``buckets``.
  public var exemplars: [MetricExemplar?]

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
  public var value: Double
  public var traceID: String
  public var spanID: String
  public var time: UnixTime

  public init(value: Double, traceID: String, spanID: String, time: UnixTime) {
    self.value = value
    self.traceID = traceID
    self.spanID = spanID
    self.time = time
  }
}
