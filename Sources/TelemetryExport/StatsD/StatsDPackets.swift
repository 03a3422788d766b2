/// Writes metrics in DogStatsD's words: the growth of a counter since the last report, a gauge as it is, labels as tags.
///
/// A distribution is known by its buckets alone: each is sent as its middle, as often as it was hit.
struct StatsDPackets: Sendable {
  /// Fits into one Ethernet frame.
  static let maxBytes = 1_432

  private struct Series: Hashable {
    var name: String
    var labels: [MetricLabel]
  }
  private var counters: [Series: Double] = [:]
  private var buckets: [Series: [UInt64]] = [:]

  /// Datagrams, each with as many lines as fit.
  mutating func next(_ families: [MetricFamily]) -> [String] {
    var packets: [String] = []
    var packet = ""
    for line in families.flatMap({ family in family.points.flatMap { lines(family, $0) } }) {
      if packet.utf8.count + line.utf8.count + 1 > Self.maxBytes, !packet.isEmpty {
        packets.append(packet)
        packet = ""
      }
      packet += packet.isEmpty ? line : "\n" + line
    }
    return packet.isEmpty ? packets : packets + [packet]
  }

  private mutating func lines(_ family: MetricFamily, _ point: MetricPoint) -> [String] {
    let series = Series(name: family.name, labels: point.labels)
    let tags =
      point.labels.isEmpty ? "" : "|#" + point.labels.map { "\($0.name):\(Self.clean($0.value))" }.joined(separator: ",")
    switch point.value {
    case .number(let value):
      guard value.isFinite else { return [] }
      guard family.kind == .counter else { return ["\(family.name):\(PrometheusText.number(value))|g\(tags)"] }
      let grown = value - (counters[series] ?? 0)
      counters[series] = value
      return grown > 0 ? ["\(family.name):\(PrometheusText.number(grown))|c\(tags)"] : []
    case .histogram(let histogram):
      let before = buckets[series] ?? []
      buckets[series] = histogram.buckets
      return histogram.buckets.indices.compactMap { index in
        let counted = index < before.count ? before[index] : 0
        let hits = histogram.buckets[index] >= counted ? histogram.buckets[index] - counted : histogram.buckets[index]
        guard hits > 0 else { return nil }
        return "\(family.name):\(Self.middle(histogram.bounds, index))|d\(Self.rate(of: hits))\(tags)"
      }
    }
  }

  /// A sample rate that stands for so many hits: an agent takes the whole part of its inverse, so the rate is never above 1/hits.
  static func rate(of hits: UInt64) -> String {
    guard hits > 1 else { return "" }
    var rate = 1 / Double(hits)
    while UInt64(1 / rate) < hits { rate = rate.nextDown }
    return "|@\(rate)"
  }

  private static func middle(_ bounds: [Double], _ index: Int) -> Double {
    let low = index == 0 ? 0 : bounds[index - 1]
    return index < bounds.count ? (low + bounds[index]) / 2 : low
  }

  /// Replaces what would end a tag, a line or a field.
  private static func clean(_ value: String) -> String {
    String(value.unicodeScalars.map { "|,#:\n\r@".unicodeScalars.contains($0) ? "_" : Character($0) })
  }
}
