public import CoreMetrics
import NIOConcurrencyHelpers

/// One series of a swift-metrics metric: a number that goes up, one that is set, or a distribution.
///
/// One class for all kinds, so that a series has one identity whatever handler it is given out as.
public final class MetricSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  private struct Value {
    var number = 0.0
    var buckets: [UInt64]
    var count: UInt64 = 0
  }
  private let bounds: [Double]
  private let isDistribution: Bool
  /// Divisor of recorded values; times are recorded in nanoseconds and exported in seconds.
  private let divisor: Double
  private let value: NIOLockedValueBox<Value>

  init(distributionOver bounds: [Double]? = nil, divisor: Double = 1) {
    self.bounds = bounds ?? []
    self.divisor = divisor
    isDistribution = bounds != nil
    value = NIOLockedValueBox(Value(buckets: bounds.map { [UInt64](repeating: 0, count: $0.count + 1) } ?? []))
  }

  var current: MetricPoint.Value {
    let (value, bounds) = (value.withLockedValue { $0 }, bounds)
    guard isDistribution else { return .number(value.number) }
    return .histogram(MetricHistogram(bounds: bounds, buckets: value.buckets, count: value.count, sum: value.number))
  }

  // MARK: Handlers

  public func increment(by amount: Int64) { increment(by: Double(amount)) }

  /// A counter never goes down.
  public func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    value.withLockedValue { $0.number += amount }
  }

  public func decrement(by amount: Double) { value.withLockedValue { $0.number -= amount } }
  public func reset() { value.withLockedValue { $0.number = 0 } }
  public func set(_ new: Int64) { set(Double(new)) }
  public func set(_ new: Double) { value.withLockedValue { $0.number = new } }
  public func record(_ new: Int64) { record(Double(new)) }

  public func record(_ new: Double) {
    guard isDistribution else { return set(new) }
    guard new.isFinite else { return }
    let scaled = new / divisor
    let bucket = bounds.firstIndex { scaled <= $0 } ?? bounds.count
    value.withLockedValue { value in
      value.buckets[bucket] += 1
      value.count += 1
      value.number += scaled
    }
  }

  public func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }
}

/// The same series as a meter: those who set a number may also add to it.
final class MetricMeter: MeterHandler {
  private let series: MetricSeries
  init(_ series: MetricSeries) { self.series = series }
  func set(_ value: Int64) { series.set(value) }
  func set(_ value: Double) { series.set(value) }
  func increment(by amount: Double) { series.decrement(by: -amount) }
  func decrement(by amount: Double) { series.decrement(by: amount) }
}
