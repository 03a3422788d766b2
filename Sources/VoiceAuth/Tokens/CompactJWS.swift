import VoiceCore

/// A token taken apart and not believed yet: JWS compact serialisation (RFC 7515 section 7.1) with a header that this
/// module can honour in full.
struct CompactJWS {
  static let maxBytes = 8_192
  /// Longer than the signature of the largest RSA key taken.
  private static let maxSignatureBytes = 1_024

  let algorithm: JWTAlgorithm
  let keyID: String?
  /// The header's and the payload's text with the dot between them.
  let signingInput: ArraySlice<UInt8>
  let payload: [UInt8]
  let signature: [UInt8]

  /// Judges shape, then header; nothing here costs more than the text is long.
  static func parse(_ token: Secret, allowing algorithms: Set<JWTAlgorithm>) -> Result<CompactJWS, TokenRefusal> {
    do throws(TokenRefusal) {
      return .success(try CompactJWS(token.expose(), allowing: algorithms))
    } catch {
      return .failure(error)
    }
  }

  private init(_ text: String, allowing allowed: Set<JWTAlgorithm>) throws(TokenRefusal) {
    guard text.utf8.count <= Self.maxBytes else { throw TokenRefusal(.invalid, "longer than \(Self.maxBytes) bytes") }
    let bytes = Array(text.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw TokenRefusal(.invalid, "not three parts") }
    guard let header = Base64URL.decode(parts[0]) else { throw TokenRefusal(.invalid, "a header that is not base64url") }
    (algorithm, keyID) = try Self.judge(header: header, allowing: allowed)
    guard parts[2].count <= Self.maxSignatureBytes * 4 / 3 + 1, let signature = Base64URL.decode(parts[2]), !signature.isEmpty else {
      throw TokenRefusal(.invalid, "a signature that is not base64url")
    }
    guard let payload = Base64URL.decode(parts[1]) else { throw TokenRefusal(.invalid, "a payload that is not base64url") }
    self.signature = signature
    self.payload = payload
    signingInput = bytes[..<parts[1].endIndex]
  }

  private static func judge(header: [UInt8], allowing allowed: Set<JWTAlgorithm>) throws(TokenRefusal) -> (JWTAlgorithm, String?) {
    let object: JSONObject
    do throws(JSONParser.Fault) {
      object = try JSONParser.parseObject(header)
    } catch {
      throw TokenRefusal(.invalid, "header: \(error.message)")
    }
    guard let name = object["alg"]?.string, let algorithm = JWTAlgorithm.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) })
    else {
      throw TokenRefusal(.invalid, "an unknown alg")
    }
    guard allowed.contains(algorithm) else { throw TokenRefusal(.invalid, "alg \(algorithm.rawValue) is not allowed") }
    // No extension is understood here, so whatever is critical is refused (RFC 7515 section 4.1.11).
    guard object["crit"] == nil else { throw TokenRefusal(.invalid, "crit") }
    // An unencoded payload is never a JWT (RFC 7797 section 7).
    guard object["b64"] == nil else { throw TokenRefusal(.invalid, "b64") }
    // Tokens of another kind, from the same issuer and key (RFC 8725 section 3.11).
    guard Self.isTypeOfAccessToken(object["typ"]) else { throw TokenRefusal(.invalid, "a typ that is no access token's") }
    // A nested token is not looked into (RFC 7519 section 5.2).
    guard object["cty"] == nil else { throw TokenRefusal(.invalid, "cty") }
    // `jwk`, `jku`, `x5u` and `x5c` are never looked at: no key comes from the token that it verifies.
    guard let id = object["kid"] else { return (algorithm, nil) }
    guard let id = id.string else { throw TokenRefusal(.invalid, "a kid that is no string") }
    return (algorithm, id)
  }

  private static func isTypeOfAccessToken(_ type: JSONValue?) -> Bool {
    guard let type else { return true }
    guard let name = type.string?.lowercased() else { return false }
    let short = name.hasPrefix("application/") ? String(name.dropFirst(12)) : name
    return short.hasSameBytes(as: "jwt") || short.hasSameBytes(as: "at+jwt")
  }
}
