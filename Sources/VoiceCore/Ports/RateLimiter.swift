/// An exact sliding-window log: at most `limit` sessions a user in any window.
public protocol RateLimiter: Sendable {
  /// Counts `session` unless the window is full. Asking again for the same session counts once, so a retry is safe.
  func admit(user: String, session: SessionID) async throws -> RateDecision
  /// Gives the slot of `session` back.
  func refund(user: String, session: SessionID) async throws
  /// Forgets all of a user's sessions.
  func reset(user: String) async throws
}

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

/// The cap on a user's concurrent sessions, over all instances. A lease that is not renewed expires by itself.
public protocol SessionLeases: Sendable {
  /// True when `session` holds a lease now. Asking again for the same session renews it.
  func acquire(user: String, session: SessionID) async throws -> Bool
  /// True while the lease was still held.
  func renew(user: String, session: SessionID) async throws -> Bool
  func release(user: String, session: SessionID) async throws
}
