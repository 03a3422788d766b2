/// One series at one moment.
public struct MetricPoint: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case number(Double)
    case histogram(MetricHistogram)
  }
  public var labels: [MetricLabel]
  public var value: Value

  public init(_ labels: [MetricLabel] = [], value: Value) {
    self.labels = labels
    self.value = value
  }
}

/// A dimension of a series.
public struct MetricLabel: Sendable, Hashable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
