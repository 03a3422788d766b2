public import VoiceCore

/// Makes HS256 tokens for development, that a ``JWTVerifier`` with the same secret and configuration takes.
public struct TokenMinter: Sendable {
  private let key: VerificationKey
  private let issuer: String?
  private let audience: String?
  private let userClaim: ClaimPath
  private let planClaim: ClaimPath

  /// Throws where the secret has less than 32 bytes.
  public init(secret: Secret, configuration: JWTVerifier.Configuration = JWTVerifier.Configuration()) throws(VoiceAuthError) {
    key = try VerificationKey(secret: secret, algorithms: [.hs256])
    issuer = configuration.issuer
    audience = configuration.audience
    userClaim = configuration.userClaims.first ?? "sub"
    planClaim = configuration.planClaims.first ?? "plan"
  }

  /// A token that is good from `now` for `lifetime`. An e-mail is for the application: nothing here reads it.
  public func mint(user: String, plan: String?, email: String? = nil, lifetime: Duration = .seconds(3_600), now: UnixTime) -> Secret {
    var claims = JSONObject()
    put(.string(user), at: userClaim, in: &claims)
    // Other services look for the subject where the standard has it (RFC 7519 section 4.1.2).
    _ = claims.add(.string(user), as: "sub")
    if let plan { put(.string(plan), at: planClaim, in: &claims) }
    if let email { _ = claims.add(.string(email), as: "email") }
    if let issuer { _ = claims.add(.string(issuer), as: "iss") }
    if let audience { _ = claims.add(.string(audience), as: "aud") }
    _ = claims.add(.number(String(now.milliseconds / 1_000)), as: "iat")
    _ = claims.add(.number(String((now + lifetime).milliseconds / 1_000)), as: "exp")
    let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    let input = header + "." + Base64URL.encode(Array(JSONWriter.write(.object(claims)).utf8))
    guard let tag = key.key.authenticationCode(of: Array(input.utf8)[...], by: .hs256) else {
      preconditionFailure("the key was made for HS256")
    }
    return Secret(input + "." + Base64URL.encode(tag))
  }

  /// A name with dots leads into nested objects, unless it looks like a URL.
  private func put(_ value: JSONValue, at path: ClaimPath, in claims: inout JSONObject) {
    var names = path.description.split(separator: ".").map(String.init)
    if path.description.contains(":") || names.isEmpty { names = [path.description] }
    var nested = value
    for name in names.dropFirst().reversed() {
      var object = JSONObject()
      _ = object.add(nested, as: name)
      nested = .object(object)
    }
    _ = claims.add(nested, as: names[0])
  }
}
