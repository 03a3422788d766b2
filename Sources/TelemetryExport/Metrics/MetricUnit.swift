/// Unit of a metric. Counts of things have no unit: a gauge with UCUM's `1` would be taken for a ratio, and renamed, by
/// those who translate OTLP to Prometheus.
public enum MetricUnit: String, Sendable {
  /// No unit: a count.
  case none
  /// Seconds.
  case seconds
  /// Bytes.
  case bytes
  /// US dollars.
  case usd
  /// A share, 0 to 1.
  case ratio
  /// Tokens.
  case tokens

  /// Reads the unit from the ending of a name in Prometheus' form.
  public init(ofName name: String) {
    let plain = name.hasSuffix("_total") ? name.dropLast(6) : name[...]
    self =
      plain.hasSuffix("_seconds")
      ? .seconds
      : plain.hasSuffix("_bytes")
        ? .bytes : plain.hasSuffix("_usd") || plain.contains("_usd_") ? .usd : plain.hasSuffix("_ratio") ? .ratio : .none
  }

  /// Unit in the Unified Code for Units of Measure, for OTLP; empty for ``none``.
  var ucum: String {
    switch self {
    case .none: ""
    case .seconds: "s"
    case .bytes: "By"
    case .usd: "{USD}"
    case .ratio: "1"
    case .tokens: "{token}"
    }
  }
}
