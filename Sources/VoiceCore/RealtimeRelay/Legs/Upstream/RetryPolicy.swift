/// Retry policy: exponential backoff with full jitter.
public struct RetryPolicy: Sendable, Equatable {
  /// Attempts in all, the first included.
  public var maxAttempts: Int
  /// Delay before the second attempt.
  public var firstDelay: Duration
  /// Factor from one delay to the next.
  public var factor: Double
  /// Longest delay.
  public var maxDelay: Duration

  /// Creates a retry policy.
  public init(maxAttempts: Int = 3, firstDelay: Duration = .milliseconds(250), factor: Double = 2, maxDelay: Duration = .seconds(5)) {
    self.maxAttempts = maxAttempts
    self.firstDelay = firstDelay
    self.factor = factor
    self.maxDelay = maxDelay
  }

  /// The wait before attempt `attempt`, 1 being the first; nil when there have been enough.
  /// `jitter` is drawn from 0 to 1.
  public func delay(before attempt: Int, jitter: Double) -> Duration? {
    guard attempt <= maxAttempts else { return nil }
    var delay = firstDelay
    for _ in 2..<max(2, attempt) { delay = min(maxDelay, Self.scaled(delay, factor)) }
    return Self.scaled(min(maxDelay, delay), jitter)
  }

  private static func scaled(_ delay: Duration, _ factor: Double) -> Duration {
    .nanoseconds(Int64(Double(delay.inMilliseconds) * 1_000_000 * factor))
  }
}
