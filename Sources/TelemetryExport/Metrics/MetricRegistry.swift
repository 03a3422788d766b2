public import CoreMetrics
import NIOConcurrencyHelpers

/// A backend for swift-metrics: keeps every series in memory, within bounds, for ``PrometheusText`` and others to read.
///
/// A label such as `voice.store.duration` becomes `voice_store_duration`; counters end with `_total`, timers with `_seconds`. What would be
/// one series too many counts into one whose labels all say `other`.
public final class MetricRegistry: MetricsFactory {
  private struct Family {
    var kind: MetricFamily.Kind
    var series: [[MetricLabel]: MetricSeries] = [:]
  }
  private let families = NIOLockedValueBox<[String: Family]>([:])
  private let maxFamilies: Int
  private let maxSeries: Int
  private let help: [String: String]

  /// `help` by the exported name; others say where they come from.
  public init(help: [String: String] = [:], maxFamilies: Int = 256, maxSeriesPerFamily: Int = 100) {
    self.help = help
    self.maxFamilies = maxFamilies
    maxSeries = maxSeriesPerFamily
  }

  /// All metrics with their series, in order of their names.
  public var snapshot: [MetricFamily] {
    families.withLockedValue { $0 }.sorted { $0.key < $1.key }.map { name, family in
      let series = family.series.map { MetricPoint($0.key, value: $0.value.current) }
      return MetricFamily(
        name, family.kind, help[name] ?? "Reported through swift-metrics.",
        series.sorted { ($0.labels.map(\.value)).lexicographicallyPrecedes($1.labels.map(\.value)) })
    }
  }

  // MARK: MetricsFactory

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { counter(label, dimensions) }
  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    MetricMeter(series(Self.name(label), .gauge, dimensions) { MetricSeries() })
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    series(Self.name(label), aggregate ? .histogram : .gauge, dimensions) {
      aggregate ? MetricSeries(distributionOver: Self.countBounds) : MetricSeries()
    }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(Self.name(label, suffix: "_seconds"), .histogram, dimensions) {
      MetricSeries(distributionOver: Self.timeBounds, divisor: 1e9)
    }
  }

  /// Series stay: a counter that vanished and came back would seem to have been reset.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  // MARK: Series

  private static let countBounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000]
  private static let timeBounds: [Double] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> MetricSeries {
    series(Self.name(label, suffix: "_total"), .counter, dimensions) { MetricSeries() }
  }

  private func series(_ name: String, _ kind: MetricFamily.Kind, _ dimensions: [(String, String)], _ make: () -> MetricSeries)
    -> MetricSeries
  {
    var seen = Set<String>()
    let labels = dimensions.map { MetricLabel(Self.labelName($0.0), $0.1) }.filter { seen.insert($0.name).inserted }
    return families.withLockedValue { families in
      var family = families[name] ?? Family(kind: kind)
      // On a type clash or beyond the cap, record into an unexported series rather than export wrong data.
      guard family.kind == kind, families[name] != nil || families.count < maxFamilies else { return make() }
      let key = family.series[labels] != nil || family.series.count < maxSeries ? labels : labels.map { MetricLabel($0.name, "other") }
      let found = family.series[key] ?? make()
      family.series[key] = found
      families[name] = family
      return found
    }
  }

  /// Prometheus takes letters, digits and underscores, and no digit at the start.
  static func name(_ label: String, suffix: String = "") -> String {
    var name = String(label.unicodeScalars.map { isWord($0) ? Character($0) : "_" })
    if name.isEmpty || name.first?.isNumber == true { name = "_" + name }
    return name.hasSuffix(suffix) ? name : name + suffix
  }

  /// `le` belongs to histograms, a colon to rules, and what begins with two underscores to Prometheus itself.
  private static func labelName(_ text: String) -> String {
    let name = name(text)
    if name == "le" || name == "quantile" { return "_" + name }
    return name.hasPrefix("__") ? "_" + name.drop { $0 == "_" } : name
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
  }
}
