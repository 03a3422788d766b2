import VoiceCore

/// Writes metrics in Prometheus' text format 0.0.4, or in OpenMetrics 1.0 with units and exemplars.
public struct PrometheusText: Sendable {
  private let format: PrometheusFormat
  private var text = ""

  private init(_ format: PrometheusFormat) { self.format = format }

  /// Returns the text that Prometheus scrapes.
  public static func render(_ families: [MetricFamily], as format: PrometheusFormat = .prometheus) -> String {
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
    // A unit has to be the end of the family's name.
    if format == .openMetrics, name.hasSuffix("_" + family.unit.rawValue) { text += "# UNIT \(name) \(family.unit.rawValue)\n" }
    for point in family.points {
      switch point.value {
      case .number(let value): sample(family.name, point.labels, Self.number(value))
      case .histogram(let histogram): write(histogram, family.name, point.labels)
      }
    }
  }

  private mutating func write(_ histogram: MetricHistogram, _ name: String, _ labels: [MetricLabel]) {
    var cumulative: UInt64 = 0
    for (index, bound) in histogram.bounds.enumerated() where index < histogram.buckets.count {
      cumulative += histogram.buckets[index]
      // OpenMetrics wants floats here, the older format has them as they come.
      let edge = format == .openMetrics ? String(bound) : Self.number(bound)
      sample(name + "_bucket", labels + [MetricLabel("le", edge)], String(cumulative), exemplar(histogram, index))
    }
    sample(name + "_bucket", labels + [MetricLabel("le", "+Inf")], String(histogram.count), exemplar(histogram, histogram.bounds.count))
    sample(name + "_sum", labels, Self.number(histogram.sum))
    sample(name + "_count", labels, String(histogram.count))
  }

  /// Empty where there is none, and in the older format, which has none.
  private func exemplar(_ histogram: MetricHistogram, _ index: Int) -> String {
    guard format == .openMetrics, index < histogram.exemplars.count, let found = histogram.exemplars[index] else { return "" }
    let labels = "trace_id=\"\(Self.escaped(found.traceID))\",span_id=\"\(Self.escaped(found.spanID))\""
    return " # {\(labels)} \(Self.number(found.value)) \(Double(found.time.milliseconds) / 1_000)"
  }

  private mutating func sample(_ name: String, _ labels: [MetricLabel], _ value: String, _ exemplar: String = "") {
    text += name
    if !labels.isEmpty { text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}" }
    text += " \(value)\(exemplar)\n"
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
