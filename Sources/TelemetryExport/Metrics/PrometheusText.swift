/// Writes metrics in Prometheus' text format 0.0.4, or in OpenMetrics 1.0.
public struct PrometheusText: Sendable {
  public enum Format: Sendable, Equatable {
    case prometheus, openMetrics

    public var contentType: String {
      switch self {
      case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
      case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      }
    }

    /// What an `Accept` header asks for: OpenMetrics only where it is named, and not refused with `q=0`.
    public init(accept: String?) {
      let wantsOpenMetrics = (accept ?? "").split(separator: ",").contains { range in
        let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
        guard parts.first == "application/openmetrics-text" else { return false }
        return !parts.contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
      }
      self = wantsOpenMetrics ? .openMetrics : .prometheus
    }
  }

  private let format: Format
  private var text = ""

  private init(_ format: Format) { self.format = format }

  public static func render(_ families: [MetricFamily], as format: Format = .prometheus) -> String {
    var out = PrometheusText(format)
    for family in families { out.write(family) }
    if format == .openMetrics { out.text += "# EOF\n" }
    return out.text
  }

  private mutating func write(_ family: MetricFamily) {
    // In OpenMetrics the family of `x_total` is `x`.
    let isPlainCounter = format == .openMetrics && family.kind == .counter && family.name.hasSuffix("_total")
    let name = isPlainCounter ? String(family.name.dropLast(6)) : family.name
    var help = family.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    if format == .openMetrics { help = help.replacing("\"", with: "\\\"") }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(family.kind.rawValue)\n"
    for point in family.points {
      switch point.value {
      case .number(let value): sample(family.name, point.labels, Self.number(value))
      case .histogram(let histogram): write(histogram, family.name, point.labels)
      }
    }
  }

  private mutating func write(_ histogram: MetricHistogram, _ name: String, _ labels: [MetricLabel]) {
    var cumulative: UInt64 = 0
    for (bound, count) in zip(histogram.bounds, histogram.buckets) {
      cumulative += count
      // OpenMetrics wants floats here, the older format has them as they come.
      let edge = format == .openMetrics ? String(bound) : Self.number(bound)
      sample(name + "_bucket", labels + [MetricLabel("le", edge)], String(cumulative))
    }
    sample(name + "_bucket", labels + [MetricLabel("le", "+Inf")], String(histogram.count))
    sample(name + "_sum", labels, Self.number(histogram.sum))
    sample(name + "_count", labels, String(histogram.count))
  }

  private mutating func sample(_ name: String, _ labels: [MetricLabel], _ value: String) {
    text += name
    if !labels.isEmpty { text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}" }
    text += " \(value)\n"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
