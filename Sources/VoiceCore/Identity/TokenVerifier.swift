/// Says who holds a token. A refusal is a value: it is expected in normal work.
public protocol TokenVerifier: Sendable {
  func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal>
}

/// Claims of a good token.
public struct VerifiedToken: Sendable, Equatable {
  public var userID: String
  public var plan: String?
  /// The token's `exp`: a deadline of the session.
  public var expiresAt: UnixTime
  /// The `session` object, as JSON, that sessions of this token begin with; nil where it names none. See ``PresetSession``.
  public var session: String?

  public init(userID: String, plan: String?, expiresAt: UnixTime, session: String? = nil) {
    self.userID = userID
    self.plan = plan
    self.expiresAt = expiresAt
    self.session = session
  }
}

/// Reason for refusing a token. `detail` is for the operator's debug log and holds no part of the token.
public struct TokenRefusal: Error, Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    case missing, invalid, expired
    /// No verdict was possible, for example no key set could be fetched.
    case unavailable
  }
  public var reason: Reason
  public var detail: String

  public init(_ reason: Reason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}
