public import VoiceCore

/// Verifies JSON Web Tokens (RFC 7519) by keys that the operator chose, as RFC 8725 asks.
public struct JWTVerifier: TokenVerifier {
  /// What a token has to be.
  public struct Configuration: Sendable {
    /// The allow-list, on top of what each key is bound to; nil = whatever the keys serve.
    public var algorithms: Set<JWTAlgorithm>?
    /// Checked when set: `iss` has to be exactly this.
    public var issuer: String?
    /// Checked when set: `aud` has to be or hold exactly this.
    public var audience: String?
    /// For `exp`, `nbf` and `iat`.
    public var leeway: Duration
    /// The first that the token has is the user id: a string or an integer.
    public var userClaims: [ClaimPath]
    /// The first that the token has is the plan. `user_metadata` has no place here: users can edit it.
    public var planClaims: [ClaimPath]

    public init(
      algorithms: Set<JWTAlgorithm>? = nil, issuer: String? = nil, audience: String? = nil, leeway: Duration = .seconds(30),
      userClaims: [ClaimPath] = ["user_id", "sub"], planClaims: [ClaimPath] = ["plan", "app_metadata.plan"]
    ) {
      self.algorithms = algorithms
      self.issuer = issuer
      self.audience = audience
      self.leeway = leeway
      self.userClaims = userClaims
      self.planClaims = planClaims
    }
  }

  private let configuration: Configuration
  private let keys: any KeySource
  private let now: @Sendable () -> UnixTime

  /// `now` is the wall clock.
  public init(keys: any KeySource, configuration: Configuration = Configuration(), now: @escaping @Sendable () -> UnixTime) {
    self.configuration = configuration
    self.keys = keys
    self.now = now
  }

  public init(keys: KeySet, configuration: Configuration = Configuration(), now: @escaping @Sendable () -> UnixTime) {
    self.init(keys: StaticKeys(keys), configuration: configuration, now: now)
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
    let isNamed = try await judgeSignature(of: parsed)
    let claims: JSONObject
    do throws(JSONParser.Fault) {
      claims = try JSONParser.parseObject(parsed.payload)
    } catch {
      throw TokenRefusal(.invalid, "payload: \(error.message)")
    }
    guard isNamed || Supabase.isIssuer(of: claims) else { throw TokenRefusal(.invalid, "an unknown kid") }
    return try ClaimsJudge(rules: configuration).judge(claims, at: now())
  }

  /// Whether the key that made the signature is the one that the token names, if it names any.
  private func judgeSignature(of token: CompactJWS) async throws(TokenRefusal) -> Bool {
    switch try await candidates(for: token) {
    case .keys(let keys):
      try judgeSignature(of: token, by: keys)
      return true
    case .unknownName(let unnamed):
      // Supabase names the key that its projects share with it as a plain secret. That is for the claims to show.
      try judgeSignature(of: token, by: unnamed.filter { $0.key.kind == .secret }, otherwise: "an unknown kid")
      return false
    case .otherAlgorithm: throw TokenRefusal(.invalid, "no key serves \(token.algorithm.rawValue)")
    case .ambiguous: throw TokenRefusal(.invalid, "no kid, and too many keys")
    }
  }

  private func judgeSignature(
    of token: CompactJWS, by keys: [VerificationKey], otherwise detail: String = "a signature of another key"
  ) throws(TokenRefusal) {
    let isGood = keys.contains { $0.isValid(token.signature, over: token.signingInput, by: token.algorithm) }
    guard isGood else { throw TokenRefusal(.invalid, detail) }
  }

  private func candidates(for token: CompactJWS) async throws(TokenRefusal) -> KeySet.Candidates {
    if let set = keys.currentKeys() {
      let candidates = set.candidates(named: token.keyID, for: token.algorithm)
      // No source ever publishes a secret.
      guard token.algorithm.family != .secret, candidates.isMiss(of: token) else { return candidates }
    }
    guard let set = await keys.keysAfterMiss() else { throw TokenRefusal(.unavailable, "no keys could be fetched") }
    return set.candidates(named: token.keyID, for: token.algorithm)
  }
}

extension KeySet.Candidates {
  /// Whether newer keys could have what the token needs.
  fileprivate func isMiss(of token: CompactJWS) -> Bool {
    switch self {
    case .unknownName: true
    case .otherAlgorithm: token.keyID == nil
    case .keys, .ambiguous: false
    }
  }
}
