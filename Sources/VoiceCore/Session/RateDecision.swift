/// The limiter's answer.
public struct RateDecision: Sendable, Equatable {
  public var isAllowed: Bool
  /// `0` means no limit.
  public var limit: Int
  public var remaining: Int
  /// Time until the oldest counted session leaves the window; zero if none is counted.
  public var resetAfter: Duration
  /// Time until a session would be admitted, when refused.
  public var retryAfter: Duration?

  public init(isAllowed: Bool, limit: Int, remaining: Int, resetAfter: Duration, retryAfter: Duration? = nil) {
    self.isAllowed = isAllowed
    self.limit = limit
    self.remaining = remaining
    self.resetAfter = resetAfter
    self.retryAfter = retryAfter
  }
}
