/// Writes metrics in Prometheus' text format 0.0.4.
public struct PrometheusText: Sendable {
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  public private(set) var text = ""

  public init() {}

  /// Begins a metric: its samples follow. `kind` is `counter`, `gauge` or `histogram`.
  public mutating func family(_ name: String, _ kind: String, _ help: String) {
    text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n# TYPE \(name) \(kind)\n"
  }

  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}"
    }
    text += " \(Self.number(value))\n"
  }

  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Int) {
    sample(name, labels, Double(value))
  }

  public mutating func histogram(_ name: String, _ help: String, _ tally: LatencyTally) {
    family(name, "histogram", help)
    var cumulative: UInt64 = 0
    for (index, bound) in LatencyTally.bounds.enumerated() {
      cumulative += tally.buckets[index]
      sample(name + "_bucket", [("le", Self.number(bound))], Double(cumulative))
    }
    sample(name + "_bucket", [("le", "+Inf")], Double(tally.count))
    sample(name + "_sum", [], tally.sumSeconds)
    sample(name + "_count", [], Double(tally.count))
  }

  /// One sample for each label, in order of the labels.
  public mutating func counts(_ name: String, _ help: String, label: String, _ values: [String: Int]) {
    family(name, "counter", help)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) { sample(name, [(label, key)], value) }
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
