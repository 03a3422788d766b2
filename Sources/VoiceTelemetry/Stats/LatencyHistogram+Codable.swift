import Histogram

/// The histogram as the values that were recorded, each with its count: most of it is empty. Exemplars stay with their instance.
extension LatencyHistogram: Codable {
  private enum CodingKeys: String, CodingKey { case bounds, values, buckets, sum }
  private static let maxBounds = 64

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let bounds = try container.decodeIfPresent([Double].self, forKey: .bounds) ?? LatencyBounds.turn
    let isSound = (1...Self.maxBounds).contains(bounds.count) && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
    self.init(isSound ? bounds : LatencyBounds.turn)
    let values = try container.decode([UInt64].self, forKey: .values)
    for index in stride(from: 0, to: values.count - 1, by: 2) {
      let count = UInt32(clamping: values[index + 1])
      histogram.record(min(values[index], 3_600_000_000), count: count)
      self.count += UInt64(count)
    }
    let buckets = try container.decode([UInt64].self, forKey: .buckets)
    if isSound, buckets.count == self.buckets.count { self.buckets = buckets }
    sumSeconds = max(0, try container.decode(Double.self, forKey: .sum))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    var values = histogram.recordedValues().flatMap { [$0.value, UInt64($0.count)] }
    // Each stands for its bucket; the largest is known as it was.
    if values.count >= 2 { values[values.count - 2] = histogram.maxRecorded }
    try container.encode(bounds, forKey: .bounds)
    try container.encode(values, forKey: .values)
    try container.encode(buckets, forKey: .buckets)
    try container.encode(sumSeconds.isFinite ? sumSeconds : 0, forKey: .sum)
  }
}
