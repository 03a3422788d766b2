/// What admission decided for a session.
public struct SessionGrant: Sendable, Equatable {
  public var userID: String
  public var plan: String?
  /// Nil when there is no limit.
  public var rateLimit: RateDecision?
  /// A deadline of the session; nil when tokens are none.
  public var tokenExpiresAt: UnixTime?
  public var isResumed: Bool

  public init(userID: String, plan: String?, rateLimit: RateDecision? = nil, tokenExpiresAt: UnixTime? = nil, isResumed: Bool = false) {
    self.userID = userID
    self.plan = plan
    self.rateLimit = rateLimit
    self.tokenExpiresAt = tokenExpiresAt
    self.isResumed = isResumed
  }
}
