import VoiceCore

/// Judges the claims of a token whose signature is good (RFC 7519 section 4.1).
struct ClaimsValidator {
  /// Roles of Supabase's that stand for an application, not a person.
  private static let impersonalRoles = ["anon", "service_role"]
  private static let maxUserBytes = 256

  let rules: JWTVerifier.Configuration

  func judge(_ claims: JSONObject, at now: UnixTime) throws(TokenRefusal) -> VerifiedToken {
    let expiry = try judgeTimes(claims, at: now)
    try judgeIssuer(claims)
    try judgeAudience(claims)
    if let role = claims["role"]?.string {
      guard !Self.impersonalRoles.contains(where: role.hasSameBytes) else { throw TokenRefusal(.invalid, "role is a service role") }
    }
    return VerifiedToken(userID: try user(of: claims), plan: try plan(of: claims), tenant: tenant(of: claims), expiresAt: expiry)
  }

  private func judgeTimes(_ claims: JSONObject, at now: UnixTime) throws(TokenRefusal) -> UnixTime {
    guard let expiry = try date("exp", of: claims) else { throw TokenRefusal(.invalid, "no exp") }
    if let start = try date("nbf", of: claims) {
      guard start <= now + rules.leeway else { throw TokenRefusal(.invalid, "nbf is in the future") }
    }
    if let issued = try date("iat", of: claims) {
      guard issued <= now + rules.leeway else { throw TokenRefusal(.invalid, "iat is in the future") }
    }
    guard now < expiry + rules.leeway else { throw TokenRefusal(.expired, "exp has passed") }
    // A session that lived by a deadline in the past would end as it began.
    return now < expiry ? expiry : expiry + rules.leeway
  }

  private func date(_ name: String, of claims: JSONObject) throws(TokenRefusal) -> UnixTime? {
    guard let value = claims[name] else { return nil }
    guard let date = NumericDate.parse(value) else { throw TokenRefusal(.invalid, "\(name) is no date") }
    return date
  }

  private func judgeIssuer(_ claims: JSONObject) throws(TokenRefusal) {
    let issuer = claims["iss"]
    guard issuer == nil || issuer?.string != nil else { throw TokenRefusal(.invalid, "iss is no string") }
    guard let expected = rules.issuer else { return }
    guard let issuer = issuer?.string, issuer.hasSameBytes(as: expected) else { throw TokenRefusal(.invalid, "another iss") }
  }

  private func judgeAudience(_ claims: JSONObject) throws(TokenRefusal) {
    var audiences: [String] = []
    if let audience = claims["aud"] {
      guard let names = audience.string.map({ [$0] }) ?? audience.strings else {
        throw TokenRefusal(.invalid, "aud is neither a string nor an array of strings")
      }
      audiences = names
    }
    guard let expected = rules.audience else { return }
    guard audiences.contains(where: expected.hasSameBytes) else { throw TokenRefusal(.invalid, "aud mismatch") }
  }

  private func user(of claims: JSONObject) throws(TokenRefusal) -> String {
    guard let value = firstFound(rules.userClaims, in: claims) else { throw TokenRefusal(.invalid, "no user id") }
    let id: String
    switch value {
    case .string(let text): id = text
    case .number(let digits):
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw TokenRefusal(.invalid, "a user id that is no integer") }
      id = digits
    case .null, .boolean, .array, .object: throw TokenRefusal(.invalid, "a user id that is neither string nor integer")
    }
    guard !id.isEmpty else { throw TokenRefusal(.invalid, "an empty user id") }
    guard id.utf8.count <= Self.maxUserBytes else { throw TokenRefusal(.invalid, "a user id over \(Self.maxUserBytes) bytes") }
    // C0, DEL and C1.
    guard id.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) else {
      throw TokenRefusal(.invalid, "a control character in the user id")
    }
    return id
  }

  private func plan(of claims: JSONObject) throws(TokenRefusal) -> String? {
    guard let value = firstFound(rules.planClaims, in: claims) else { return nil }
    guard let plan = value.string else { throw TokenRefusal(.invalid, "a plan that is no string") }
    return plan
  }

  /// Anything but a name is none: nothing is found for it.
  private func tenant(of claims: JSONObject) -> String? {
    let name: String
    switch rules.tenantClaim?.find(in: claims) {
    case .string(let text)?: name = text
    case .number(let digits)? where digits.utf8.allSatisfy { (0x30...0x39).contains($0) }: name = digits
    default: return nil
    }
    let isName =
      !name.isEmpty && name.utf8.count <= Self.maxUserBytes && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    return isName ? name : nil
  }

  private func firstFound(_ paths: [ClaimPath], in claims: JSONObject) -> JSONValue? {
    for path in paths {
      if let value = path.find(in: claims) { return value }
    }
    return nil
  }
}
