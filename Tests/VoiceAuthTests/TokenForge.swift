import Testing
import VoiceCore

@testable import VoiceAuth

/// Makes tokens as they should be, and as they should not.
struct TokenForge {
  static let now = UnixTime(seconds: 1_800_000_000)
  static let secret = Secret("0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef")

  var secret = Self.secret
  var header = #"{"alg":"HS256","typ":"JWT"}"#
  var claims = #"{"sub":"user-1","plan":"elite","exp":1800003600}"#
  var algorithm = JWTAlgorithm.hs256

  func make() throws -> Secret { try make(header: Base64URL.encode(Array(header.utf8)), payload: Base64URL.encode(Array(claims.utf8))) }

  func make(header: String, payload: String) throws -> Secret {
    let input = header + "." + payload
    let key = try VerificationKey(secret: secret)
    let tag = key.key.authenticationCode(of: Array(input.utf8)[...], by: algorithm)
    return Secret(input + "." + Base64URL.encode(try #require(tag)))
  }

  static func verifier(
    _ configuration: JWTVerifier.Configuration = .init(), keys: KeySet? = nil, now: UnixTime = Self.now
  ) throws -> JWTVerifier {
    JWTVerifier(keys: try keys ?? KeySet(secret: secret), configuration: configuration) { now }
  }

  /// What a verifier says of a token with this header.
  static func verdict(header: String) async throws -> Result<VerifiedToken, TokenRefusal> {
    try await verifier().verify(TokenForge(header: header).make())
  }

  /// What a verifier says of a token with these claims.
  static func verdict(
    claims: String, _ configuration: JWTVerifier.Configuration = .init()
  ) async throws -> Result<VerifiedToken, TokenRefusal> {
    try await verifier(configuration).verify(TokenForge(claims: claims).make())
  }
}

extension Result where Failure == TokenRefusal {
  var reason: TokenRefusal.Reason? {
    if case .failure(let refusal) = self { refusal.reason } else { nil }
  }
  var detail: String? {
    if case .failure(let refusal) = self { refusal.detail } else { nil }
  }
}
