public import Logging
import NIOConcurrencyHelpers
public import VoiceCore

/// Verifies JSON Web Tokens (RFC 7519) by keys that the operator chose, as RFC 8725 asks.
public struct JWTVerifier: TokenVerifier {
  /// Requirements of a token.
  public struct Configuration: Sendable {
    /// The allow-list, on top of what each key is bound to; nil = whatever the keys serve.
    public var algorithms: Set<JWTAlgorithm>?
    /// Checked when set: `iss` has to be exactly this.
    public var issuer: String?
    /// Checked when set: `aud` has to be or hold exactly this.
    public var audience: String?
    /// Clock skew allowed for `exp`, `nbf` and `iat`.
    public var leeway: Duration
    /// The first that the token has is the user id: a string or an integer.
    public var userClaims: [ClaimPath]
    /// The first that the token has is the plan. `user_metadata` has no place here: users can edit it.
    public var planClaims: [ClaimPath]
    /// The tenant of retrieval: a string or an integer; nil = none is read.
    public var tenantClaim: ClaimPath?

    /// Creates a configuration.
    public init(
      algorithms: Set<JWTAlgorithm>? = nil, issuer: String? = nil, audience: String? = nil, leeway: Duration = .seconds(30),
      userClaims: [ClaimPath] = ["user_id", "sub"], planClaims: [ClaimPath] = ["plan", "app_metadata.plan"],
      tenantClaim: ClaimPath? = nil
    ) {
      self.algorithms = algorithms
      self.issuer = issuer
      self.audience = audience
      self.leeway = leeway
      self.userClaims = userClaims
      self.planClaims = planClaims
      self.tenantClaim = tenantClaim
    }
  }

  private let configuration: Configuration
  private let keys: any KeySource
  private let now: @Sendable () -> UnixTime
  private let logger: Logger?
  private let saidTooMany = NIOLockedValueBox(false)

  /// - Parameters:
  ///   - keys: source of the keys.
  ///   - configuration: requirements.
  ///   - now: the wall clock.
  ///   - logger: destination of what an operator has to know of the keys; nil: it is not logged.
  public init(
    keys: any KeySource, configuration: Configuration = Configuration(), now: @escaping @Sendable () -> UnixTime = UnixTime.now,
    logger: Logger? = nil
  ) {
    self.configuration = configuration
    self.keys = keys
    self.now = now
    self.logger = logger
  }

  /// Creates a JWT verifier.
  public init(
    keys: KeySet, configuration: Configuration = Configuration(), now: @escaping @Sendable () -> UnixTime = UnixTime.now,
    logger: Logger? = nil
  ) {
    self.init(keys: StaticKeys(keys), configuration: configuration, now: now, logger: logger)
  }

  public func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal> {
    do throws(TokenRefusal) {
      return .success(try await judge(token))
    } catch {
      return .failure(error)
    }
  }

  private func judge(_ token: Secret) async throws(TokenRefusal) -> VerifiedToken {
    guard !token.isEmpty else { throw TokenRefusal(.missing, "no token") }
    let parsed = try CompactJWS.parse(token, allowing: configuration.algorithms ?? .all).get()
    try await judgeSignature(of: parsed)
    let claims: JSONObject
    do throws(JSONParser.Fault) {
      claims = try JSONParser.parseObject(parsed.payload)
    } catch {
      throw TokenRefusal(.invalid, "payload: \(error.message)")
    }
    return try ClaimsValidator(rules: configuration).judge(claims, at: now())
  }

  /// A key that an issuer replaced, under a new name or the old one, shows as a token that no present key has signed: the source is asked
  /// for newer keys then, as often as it thinks right.
  private func judgeSignature(of token: CompactJWS) async throws(TokenRefusal) {
    var tried: [VerificationKey] = []
    var refusal: TokenRefusal?
    if let set = keys.currentKeys() {
      switch set.candidates(named: token.keyID, for: token.algorithm) {
      case .keys(let candidates):
        if candidates.contains(where: token.isSigned) { return }
        tried = candidates
        refusal = TokenRefusal(.invalid, "a signature of another key")
      case .none(let refused): refusal = refused
      case .tooMany: throw tooMany(token)
      }
      // No source ever publishes a secret.
      if let refusal, token.algorithm.family == .secret { throw refusal }
    }
    guard let set = await keys.keysAfterMiss() else { throw TokenRefusal(.unavailable, "no keys could be fetched") }
    switch set.candidates(named: token.keyID, for: token.algorithm) {
    case .keys(let candidates):
      let fresh = candidates.filter { key in !tried.contains { $0 === key } }
      guard fresh.contains(where: token.isSigned) else { throw TokenRefusal(.invalid, "a signature of another key") }
    case .none(let refused): throw refused
    case .tooMany: throw tooMany(token)
    }
  }
}

extension JWTVerifier {
  /// Says once what an issuer has to change: every such token is refused.
  private func tooMany(_ token: CompactJWS) -> TokenRefusal {
    let isFirst = saidTooMany.withLockedValue { said in
      defer { said = true }
      return !said
    }
    let text = "more than \(KeySet.maxTries) keys could have signed a token"
    if isFirst {
      logger?.info(
        "\(text), so it is refused: the issuer must name the key in the token's kid",
        metadata: ["alg": "\(token.algorithm.rawValue)", "has_kid": "\(token.keyID != nil)"])
    }
    return TokenRefusal(.invalid, text)
  }
}

extension CompactJWS {
  fileprivate func isSigned(by key: VerificationKey) -> Bool { key.isValid(signature, over: signingInput, by: algorithm) }
}
