import Histogram
package import TelemetryExport
package import VoiceCore

/// Durations of one kind: percentiles within 1 %, exact counts for buckets, and in each bucket one trace to look at.
package struct LatencyHistogram: Sendable {
  /// Upper bounds in seconds, ascending; `+Inf` is implied.
  package private(set) var bounds: [Double]
  /// Histogram in microseconds, up to an hour.
  var histogram = Histogram<UInt32>(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .two)
  /// One more than ``bounds``; not cumulative.
  package internal(set) var buckets: [UInt64]
  /// Empty, or one for each bucket.
  package private(set) var exemplars: [MetricExemplar?] = []
  package internal(set) var count: UInt64 = 0
  package internal(set) var sumSeconds: Double = 0

  package init(_ bounds: [Double] = LatencyBounds.turn) {
    self.bounds = bounds
    buckets = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  /// - Parameter trace: shows where the time went; nil where it is not recorded.
  package mutating func record(_ duration: Duration, trace: TraceReference? = nil) {
    let inSeconds = max(0, duration.inSeconds)
    histogram.record(UInt64(min(inSeconds, 3_600) * 1_000_000))
    let bucket = bucket(of: inSeconds)
    buckets[bucket] += 1
    count += 1
    sumSeconds += inSeconds
    guard let trace else { return }
    if exemplars.isEmpty { exemplars = Array(repeating: nil, count: buckets.count) }
    exemplars[bucket] = MetricExemplar(value: inSeconds, traceID: trace.traceID, spanID: trace.spanID, time: trace.time)
  }

  func bucket(of seconds: Double) -> Int { bounds.firstIndex { seconds <= $0 } ?? bounds.count }

  /// Returns a percentile in milliseconds; nil if nothing was recorded.
  package func percentile(_ percent: Double) -> Double? {
    guard count > 0 else { return nil }
    return (Double(histogram.valueAtPercentile(percent)) / 100).rounded() / 10
  }

  package mutating func merge(_ other: LatencyHistogram) {
    histogram.add(other.histogram)
    if other.bounds == bounds {
      for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    } else {
      // Another release may have other bounds.
      for value in other.histogram.recordedValues() { buckets[bucket(of: Double(value.value) / 1e6)] &+= UInt64(value.count) }
    }
    count &+= other.count
    sumSeconds += other.sumSeconds
  }
}

/// A recorded span, and the time when a value was taken from it.
package struct TraceReference: Sendable, Equatable {
  package var traceID: String
  package var spanID: String
  package var time: UnixTime
}
