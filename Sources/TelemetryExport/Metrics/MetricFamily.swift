/// A metric with all its series, as a value: every exporter writes from it.
public struct MetricFamily: Sendable, Equatable {
  /// Kind of metric.
  public enum Kind: String, Sendable {
    /// A sum that only grows.
    case counter
    /// A value that rises and falls.
    case gauge
    /// Counts by bucket.
    case histogram
  }
  /// Name in Prometheus' form, with its unit; a counter's ends with `_total`.
  public var name: String
  /// Kind of metric.
  public var kind: Kind
  /// Explanation in one line.
  public var help: String
  /// Unit of the values.
  public var unit: MetricUnit
  /// Values, each with its labels.
  public var points: [MetricPoint]
  /// Name in OTLP where a convention gives one, for example `gen_ai.client.token.usage`; nil: ``name``.
  public var otlpName: String?
  /// Labels that a convention names otherwise, for example `gen_ai.token.type` for `gen_ai_token_type`.
  public var otlpLabels: [String: String] = [:]

  /// Creates a metric family.
  public init(_ name: String, _ kind: Kind, _ help: String, _ points: [MetricPoint]) {
    self.name = name
    self.kind = kind
    self.help = help
    self.points = points
    unit = MetricUnit(ofName: name)
  }

  /// Returns a counter without labels.
  public static func counter(_ name: String, _ help: String, _ value: Int) -> Self {
    Self(name, .counter, help, [MetricPoint(value: .number(Double(value)))])
  }

  /// Returns a gauge without labels.
  public static func gauge(_ name: String, _ help: String, _ value: Double) -> Self {
    Self(name, .gauge, help, [MetricPoint(value: .number(value))])
  }

  /// A counter with one series for each value of a label, in their order.
  public static func counts(_ name: String, _ help: String, label: String, _ values: [String: Int]) -> Self {
    Self(
      name, .counter, help,
      values.sorted { $0.key < $1.key }.map { MetricPoint([MetricLabel(label, $0.key)], value: .number(Double($0.value))) })
  }
}
