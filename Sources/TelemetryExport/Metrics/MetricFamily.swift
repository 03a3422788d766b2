/// A metric with all its series, as a value: what every way of telling it is written from.
public struct MetricFamily: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }
  /// In Prometheus' form, with its unit; a counter's ends with `_total`.
  public var name: String
  public var kind: Kind
  public var help: String
  public var points: [MetricPoint]

  public init(_ name: String, _ kind: Kind, _ help: String, _ points: [MetricPoint]) {
    self.name = name
    self.kind = kind
    self.help = help
    self.points = points
  }

  public static func counter(_ name: String, _ help: String, _ value: Int) -> Self {
    Self(name, .counter, help, [MetricPoint(value: .number(Double(value)))])
  }

  public static func gauge(_ name: String, _ help: String, _ value: Double) -> Self {
    Self(name, .gauge, help, [MetricPoint(value: .number(value))])
  }
}

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

public struct MetricLabel: Sendable, Hashable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

public struct MetricHistogram: Sendable, Equatable {
  /// Upper bounds, ascending; `+Inf` is implied.
  public var bounds: [Double]
  /// One more than ``bounds``; not cumulative.
  public var buckets: [UInt64]
  public var count: UInt64
  public var sum: Double

  public init(bounds: [Double], buckets: [UInt64], count: UInt64, sum: Double) {
    self.bounds = bounds
    self.buckets = buckets
    self.count = count
    self.sum = sum
  }
}
