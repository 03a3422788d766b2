/// One series at one moment.
public struct MetricPoint: Sendable, Equatable {
  /// Value of a metric.
  public enum Value: Sendable, Equatable {
    /// A single number.
    case number(Double)
    /// Counts by bucket.
    case histogram(MetricHistogram)
  }
  /// Labels that tell the value from others of its family.
  public var labels: [MetricLabel]
  /// Value at this moment.
  public var value: Value

  /// Creates a metric point.
  public init(_ labels: [MetricLabel] = [], value: Value) {
    self.labels = labels
    self.value = value
  }
}

/// A dimension of a series.
public struct MetricLabel: Sendable, Hashable {
  /// Name of the label.
  public var name: String
  /// Value of the label.
  public var value: String

  /// Creates a metric label.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
