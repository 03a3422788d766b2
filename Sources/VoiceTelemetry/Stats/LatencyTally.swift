import Histogram

/// Durations of one kind: percentiles within 1 %, and exact counts for Prometheus' buckets.
public struct LatencyTally: Sendable {
  /// Upper bounds in seconds, ascending; `+Inf` is implied.
  public static let bounds: [Double] = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.5, 2.5, 5, 10, 30]

  /// In microseconds, up to an hour.
  var histogram = Histogram<UInt32>(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .two)
  /// One more than ``bounds``; not cumulative.
  public internal(set) var buckets = [UInt64](repeating: 0, count: LatencyTally.bounds.count + 1)
  public internal(set) var count: UInt64 = 0
  public internal(set) var sumSeconds: Double = 0

  public init() {}

  public mutating func record(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let inSeconds = max(0, Double(seconds) + Double(attoseconds) / 1e18)
    histogram.record(UInt64(min(inSeconds, 3_600) * 1_000_000))
    buckets[Self.bounds.firstIndex { inSeconds <= $0 } ?? Self.bounds.count] += 1
    count += 1
    sumSeconds += inSeconds
  }

  /// In milliseconds; nil when nothing was recorded.
  public func percentile(_ percent: Double) -> Double? {
    guard count > 0 else { return nil }
    return (Double(histogram.valueAtPercentile(percent)) / 100).rounded() / 10
  }
}
