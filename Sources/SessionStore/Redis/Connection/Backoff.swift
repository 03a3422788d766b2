/// Delays that grow by a factor up to a maximum, with full jitter: each is drawn between nothing and its length.
struct Backoff: Sendable, Equatable {
  var first: Duration
  var factor: Double
  var maximum: Duration

  /// - Parameters:
  ///   - failure: 1 for the first.
  ///   - jitter: from 0 to 1.
  func delay(failure: Int, jitter: Double) -> Duration {
    var length = first
    for _ in 1..<max(1, failure) where length < maximum { length = length * factor }
    return min(length, maximum) * jitter
  }
}
