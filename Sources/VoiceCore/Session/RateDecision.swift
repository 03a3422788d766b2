/// The limiter's answer.
public struct RateDecision: Sendable, Equatable {
  public var isAllowed: Bool
  /// `0` means no limit.
  public var limit: Int
  public var remaining: Int
  /// Until the oldest counted session leaves the window; zero when none is counted.
  public var resetAfter: Duration
  /// When refused: until a session would be admitted.
  public var retryAfter: Duration?

  public init(isAllowed: Bool, limit: Int, remaining: Int, resetAfter: Duration, retryAfter: Duration? = nil) {
    self.isAllowed = isAllowed
    self.limit = limit
    self.remaining = remaining
    self.resetAfter = resetAfter
    self.retryAfter = retryAfter
  }
}
