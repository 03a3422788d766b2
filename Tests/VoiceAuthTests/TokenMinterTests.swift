import Testing
import VoiceCore

@testable import VoiceAuth

struct TokenMinterTests {
  @Test func `a minted token is taken by a verifier of the same configuration`() async throws {
    let rules = JWTVerifier.Configuration(issuer: "i", audience: "a", userClaims: ["x.id"], planClaims: ["app_metadata.plan"])
    let minter = try TokenMinter(secret: TokenForge.secret, configuration: rules)
    let token = minter.mint(user: "ü\"\\\n1", plan: "elite", email: "u@example.com", lifetime: .seconds(60), now: TokenForge.now)
    #expect(try await TokenForge.verifier(rules).verify(token).reason == .invalid, "the user id has a control character")
    let good = minter.mint(user: "ü\"\\1", plan: "elite", email: "u@example.com", lifetime: .seconds(60), now: TokenForge.now)
    #expect(
      try await TokenForge.verifier(rules).verify(good).get()
        == VerifiedToken(userID: "ü\"\\1", plan: "elite", expiresAt: UnixTime(seconds: 1_800_000_060)))
  }

  @Test func `a token with the default claims has user_id and sub`() async throws {
    let token = try TokenMinter(secret: TokenForge.secret).mint(user: "u", plan: nil, now: TokenForge.now)
    let payload = try #require(Base64URL.decode(Array(token.expose().utf8).split(separator: UInt8(ascii: "."))[1]))
    #expect(String(decoding: payload, as: UTF8.self) == #"{"user_id":"u","sub":"u","iat":1800000000,"exp":1800003600}"#)
  }

  @Test func `a secret of less than 32 bytes is refused`() throws {
    #expect(throws: VoiceAuthError(.invalidKey, "a secret of 31 bytes: at least 32 are needed")) {
      try TokenMinter(secret: Secret(String(repeating: "x", count: 31)))
    }
    #expect(throws: Never.self) { try TokenMinter(secret: Secret(String(repeating: "x", count: 32))) }
  }
}
