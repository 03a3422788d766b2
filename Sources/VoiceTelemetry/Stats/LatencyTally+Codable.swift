import Histogram

/// The histogram as the values that were recorded, each with its count: most of it is empty.
extension LatencyTally: Codable {
  private enum CodingKeys: String, CodingKey { case values, buckets, sum }

  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let values = try container.decode([UInt64].self, forKey: .values)
    for index in stride(from: 0, to: values.count - 1, by: 2) {
      let count = UInt32(clamping: values[index + 1])
      histogram.record(min(values[index], 3_600_000_000), count: count)
      self.count += UInt64(count)
    }
    let buckets = try container.decode([UInt64].self, forKey: .buckets)
    // Another release may have other bounds: its percentiles count, its buckets cannot.
    if buckets.count == self.buckets.count { self.buckets = buckets }
    sumSeconds = try container.decode(Double.self, forKey: .sum)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    var values = histogram.recordedValues().flatMap { [$0.value, UInt64($0.count)] }
    // Each stands for its bucket; the largest is known as it was.
    if values.count >= 2 { values[values.count - 2] = histogram.maxRecorded }
    try container.encode(values, forKey: .values)
    try container.encode(buckets, forKey: .buckets)
    try container.encode(sumSeconds, forKey: .sum)
  }

  mutating func merge(_ other: LatencyTally) {
    histogram.add(other.histogram)
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
    sumSeconds += other.sumSeconds
  }
}
