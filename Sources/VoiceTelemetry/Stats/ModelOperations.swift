/// Responses of one model as OpenTelemetry's conventions for generative AI count them: tokens and durations, each response once.
package struct ModelOperations: Sendable, Codable {
  package var inputTokens = CountTally(CountTally.tokens)
  package var outputTokens = CountTally(CountTally.tokens)
  /// Time from the request for a response to its end.
  package var duration = LatencyHistogram(LatencyBounds.operation)

  mutating func merge(_ other: ModelOperations) {
    inputTokens.merge(other.inputTokens)
    outputTokens.merge(other.outputTokens)
    duration.merge(other.duration)
  }
}

/// Counts of whole numbers by bucket.
package struct CountTally: Sendable, Codable, Equatable {
  /// Upper bounds of tokens in one response, by the conventions.
  static let tokens: [Double] = (0..<14).map { pow4($0) }
  package private(set) var bounds: [Double]
  package private(set) var buckets: [UInt64]
  package private(set) var count: UInt64 = 0
  package private(set) var sum = 0.0

  init(_ bounds: [Double]) {
    self.bounds = bounds
    buckets = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  mutating func record(_ number: Int) {
    buckets[bounds.firstIndex { Double(number) <= $0 } ?? bounds.count] += 1
    count += 1
    sum += Double(number)
  }

  mutating func merge(_ other: CountTally) {
    guard other.bounds == bounds, other.buckets.count == buckets.count else { return }
    for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    count &+= other.count
    sum += other.sum
  }

  private static func pow4(_ exponent: Int) -> Double { Double(1 << (2 * exponent)) }
}
