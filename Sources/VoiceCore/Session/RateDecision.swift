/// The limiter's answer.
public struct RateDecision: Sendable, Equatable {
  /// True if the session may start.
  public var isAllowed: Bool
  /// `0` means no limit.
  public var limit: Int
  /// Starts that remain in the window.
  public var remaining: Int
  /// Time until the oldest counted session leaves the window; zero if none is counted.
  public var resetAfter: Duration
  /// Time until a session would be admitted, when refused.
  public var retryAfter: Duration?

  /// Creates a rate decision.
  public init(isAllowed: Bool, limit: Int, remaining: Int, resetAfter: Duration, retryAfter: Duration? = nil) {
    self.isAllowed = isAllowed
    self.limit = limit
    self.remaining = remaining
    self.resetAfter = resetAfter
    self.retryAfter = retryAfter
  }
}
