/// Says who holds a token. A refusal is a value: it is expected in normal work.
public protocol TokenVerifier: Sendable {
  /// Verifies one token. A refusal is a value; its detail never holds the token.
  func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal>
}

/// Claims of a good token.
public struct VerifiedToken: Sendable, Equatable {
  /// Subject of the token.
  public var userID: String
  /// Plan that the token names, if any.
  public var plan: String?
  /// Tenant whose documents are the user's; nil where the token names none.
  public var tenant: String?
  /// The token's `exp`: a deadline of the session.
  public var expiresAt: UnixTime
  /// The `session` object, as JSON, that sessions of this token begin with; nil where it names none. See ``PresetSession``.
  public var session: String?

  /// Creates a verified token.
  public init(userID: String, plan: String?, tenant: String? = nil, expiresAt: UnixTime, session: String? = nil) {
    self.userID = userID
    self.plan = plan
    self.tenant = tenant
    self.expiresAt = expiresAt
    self.session = session
  }
}

/// Reason for refusing a token. `detail` is for the operator's debug log and holds no part of the token.
public struct TokenRefusal: Error, Sendable, Equatable {
  /// Reason for a refusal, as the client learns it.
  public enum Reason: Sendable, Equatable {
    /// No token.
    case missing
    /// A token that is not acceptable.
    case invalid
    /// A good token whose time is over.
    case expired
    /// No verdict was possible, for example no key set could be fetched.
    case unavailable
  }
  /// Reason that the client receives.
  public var reason: Reason
  /// Detail for a log; never holds the token.
  public var detail: String

  /// Creates a token refusal.
  public init(_ reason: Reason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}
