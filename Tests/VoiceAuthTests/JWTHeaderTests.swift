import Testing
import VoiceCore

@testable import VoiceAuth

struct JWTHeaderTests {
  @Test func `a token of the right secret says who holds it`() async throws {
    let verdict = try await TokenForge.verifier().verify(TokenForge().make())
    #expect(try verdict.get() == VerifiedToken(userID: "user-1", plan: "elite", expiresAt: UnixTime(seconds: 1_800_003_600)))
  }

  @Test func `an empty token is a missing one`() async throws {
    #expect(try await TokenForge.verifier().verify(Secret("")).reason == .missing)
  }

  @Test func `a token of another secret is refused`() async throws {
    let token = try TokenForge(secret: Secret(String(repeating: "x", count: 64))).make()
    #expect(try await TokenForge.verifier().verify(token).detail == "a signature of another key")
  }

  @Test(arguments: ["HS384", "HS512"])
  func `the longer hashes are served by the same secret`(name: String) async throws {
    let algorithm = try #require(JWTAlgorithm(rawValue: name))
    let token = try TokenForge(header: #"{"alg":"\#(name)"}"#, algorithm: algorithm).make()
    #expect(try await TokenForge.verifier().verify(token).reason == nil)
  }

  @Test(arguments: ["none", "None", "NONE", "", "hs256", "HS256 ", "HS1", "RS1", "ES256K", "HS256\\u0000"])
  func `an algorithm that is not one of ours is refused`(name: String) async throws {
    #expect(try await TokenForge.verdict(header: #"{"alg":"\#(name)"}"#).detail == "an unknown alg")
  }

  @Test(arguments: [#"{"typ":"JWT"}"#, #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"alg":256}"#, #"{"ALG":"HS256"}"#])
  func `a header without a name of an algorithm is refused`(header: String) async throws {
    #expect(try await TokenForge.verdict(header: header).detail == "an unknown alg")
  }

  @Test func `an unsigned token is refused`() async throws {
    let header = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
    let payload = Base64URL.encode(Array(TokenForge().claims.utf8))
    #expect(try await TokenForge.verifier().verify(Secret("\(header).\(payload).")).reason == .invalid)
  }

  @Test func `an algorithm outside the allow-list is refused though the key could serve it`() async throws {
    let token = try TokenForge(header: #"{"alg":"HS512"}"#, algorithm: .hs512).make()
    let verifier = try TokenForge.verifier(.init(algorithms: [.hs256]))
    #expect(await verifier.verify(token).detail == "alg HS512 is not allowed")
  }

  @Test func `an algorithm that the key is not bound to is refused though the allow-list has it`() async throws {
    let token = try TokenForge(header: #"{"alg":"HS512"}"#, algorithm: .hs512).make()
    let keys = try KeySet([VerificationKey(secret: TokenForge.secret, algorithms: [.hs256])])
    #expect(try await TokenForge.verifier(keys: keys).verify(token).detail == "no key serves HS512")
  }

  @Test(arguments: [#"["exp"]"#, "[]", #"["b64"]"#, "null", "{}"])
  func `crit is refused whatever it says`(value: String) async throws {
    #expect(try await TokenForge.verdict(header: #"{"alg":"HS256","crit":\#(value),"exp":1}"#).detail == "crit")
  }

  @Test(arguments: ["true", "false", "null"])
  func `b64 is refused whatever it says`(value: String) async throws {
    #expect(try await TokenForge.verdict(header: #"{"alg":"HS256","b64":\#(value)}"#).detail == "b64")
  }

  @Test(arguments: ["JWT", "jwt", "at+jwt", "application/at+jwt", "application/JWT"])
  func `the types of access tokens are taken`(type: String) async throws {
    #expect(try await TokenForge.verdict(header: #"{"alg":"HS256","typ":"\#(type)"}"#).reason == nil)
  }

  @Test(arguments: [#""logout+jwt""#, #""dpop+jwt""#, #""JWE""#, #""""#, "1", "null", #"["JWT"]"#])
  func `a token of another type is refused`(type: String) async throws {
    #expect(try await TokenForge.verdict(header: #"{"alg":"HS256","typ":\#(type)}"#).detail == "a typ that is no access token's")
  }

  @Test func `a nested token is refused`() async throws {
    #expect(try await TokenForge.verdict(header: #"{"alg":"HS256","cty":"JWT"}"#).detail == "cty")
  }

  @Test(arguments: ["1", "null", "[]", "{}", "true"])
  func `a kid that is no string is refused`(value: String) async throws {
    #expect(try await TokenForge.verdict(header: #"{"alg":"HS256","kid":\#(value)}"#).detail == "a kid that is no string")
  }

  @Test(arguments: [
    #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","\u0061lg":"none"}"#,
    #"{"alg":"HS256","x":{"a":1,"a":2}}"#, #"{"alg":"HS256","x":[{"a":1,"a":1}]}"#,
  ])
  func `a duplicate member at any level of the header is refused`(header: String) async throws {
    #expect(try await TokenForge.verdict(header: header).detail == "header: a duplicate member")
  }

  @Test(arguments: [
    "", " ", "null", "[]", #""HS256""#, "{", #"{"alg":"HS256"}x"#, #"{"alg":"HS256"}{}"#, #"{"alg":"HS256",}"#,
    "\u{FEFF}{\"alg\":\"HS256\"}",
  ])
  func `a header that is not one JSON object is refused`(header: String) async throws {
    #expect(try await TokenForge.verdict(header: header).detail?.hasPrefix("header: ") == true)
  }

  @Test func `a key in the header is never used`() async throws {
    let hostile = Secret("attacker-attacker-attacker-attacker-attacker")
    let jwk = #"{"kty":"oct","k":"\#(Base64URL.encode(Array(hostile.expose().utf8)))"}"#
    for member in [#""jwk":\#(jwk)"#, #""jku":"http://127.0.0.1:1/keys""#, #""x5u":"http://127.0.0.1:1/""#, #""x5c":["AAAA"]"#] {
      let header = #"{"alg":"HS256",\#(member)}"#
      #expect(try await TokenForge.verifier().verify(TokenForge(secret: hostile, header: header).make()).reason == .invalid)
      #expect(try await TokenForge.verdict(header: header).reason == nil, "and it does no harm to a good token")
    }
  }
}
