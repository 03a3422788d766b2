import Testing
import VoiceCore

@testable import VoiceAuth

struct ClaimsTests {
  private func verdict(_ claims: String, _ configuration: JWTVerifier.Configuration = .init()) async throws -> Result<
    VerifiedToken, TokenRefusal
  > {
    try await TokenForge.verdict(claims: claims, configuration)
  }

  @Test func `a token without exp is refused`() async throws {
    #expect(try await verdict(#"{"sub":"u"}"#).detail == "no exp")
  }

  @Test(arguments: [
    "\"1800003600\"", "null", "true", "1800003600.", "[1800003600]", "1800003600000", "99999999999999999999", "1.8e12", "1e400",
    "1e99999999999999999999", "1.8e", "0x6b49d200", "NaN",
  ])
  func `an exp that is no number, or no date, is refused`(value: String) async throws {
    #expect(try await verdict(#"{"sub":"u","exp":\#(value)}"#).reason == .invalid)
  }

  @Test(arguments: [
    "1800003600", "1800003600.0", "1.8000036e9", "1.8000036E+9", "18000036e2", "1.8000036e+09", "18000036000e-1", "0.18000036e10",
    "1800003600000000e-6",
  ])
  func `an exp in any form of a JSON number is the date that it says`(value: String) async throws {
    #expect(try await verdict(#"{"sub":"u","exp":\#(value)}"#).get().expiresAt == UnixTime(seconds: 1_800_003_600))
  }

  @Test func `a decimal exp counts to the millisecond`() async throws {
    #expect(try await verdict(#"{"sub":"u","exp":1800003600.2509}"#).get().expiresAt == UnixTime(milliseconds: 1_800_003_600_250))
    #expect(try await verdict(#"{"sub":"u","exp":1800003600.5}"#).get().expiresAt == UnixTime(milliseconds: 1_800_003_600_500))
  }

  @Test func `exp is good until leeway has passed`() async throws {
    #expect(try await verdict(#"{"sub":"u","exp":1799999971}"#).reason == nil)
    #expect(try await verdict(#"{"sub":"u","exp":1799999970}"#).reason == .expired)
    #expect(try await verdict(#"{"sub":"u","exp":-5}"#).reason == .expired)
    #expect(try await verdict(#"{"sub":"u","exp":1800000000}"#, .init(leeway: .zero)).reason == .expired)
  }

  @Test func `nbf and iat may lie ahead by the leeway`() async throws {
    for name in ["nbf", "iat"] {
      #expect(try await verdict(#"{"sub":"u","exp":1800003600,"\#(name)":1800000030}"#).reason == nil)
      #expect(try await verdict(#"{"sub":"u","exp":1800003600,"\#(name)":1800000031}"#).detail == "\(name) is in the future")
      #expect(try await verdict(#"{"sub":"u","exp":1800003600,"\#(name)":"0"}"#).detail == "\(name) is no date")
    }
  }

  @Test func `what is wrong with a token outweighs that it has expired`() async throws {
    #expect(try await verdict(#"{"sub":"u","exp":1,"nbf":1900000000}"#).reason == .invalid)
  }

  @Test(arguments: ["\"https://issuer.example/\"", "\"https://ISSUER.example\"", "1", "null", "[\"https://issuer.example\"]"])
  func `another issuer is refused`(value: String) async throws {
    let rules = JWTVerifier.Configuration(issuer: "https://issuer.example")
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"iss":\#(value)}"#, rules).reason == .invalid)
  }

  @Test func `the issuer has to be there and to be the one asked for`() async throws {
    let rules = JWTVerifier.Configuration(issuer: "https://issuer.example")
    #expect(try await verdict(#"{"sub":"u","exp":1800003600}"#, rules).detail == "another iss")
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"iss":"https://issuer.example"}"#, rules).reason == nil)
  }

  @Test func `a malformed iss or aud is refused though none is asked for`() async throws {
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"iss":1}"#).detail == "iss is no string")
    for value in ["1", "null", "{}", #"["a",1]"#] {
      #expect(
        try await verdict(#"{"sub":"u","exp":1800003600,"aud":\#(value)}"#).detail == "aud is neither a string nor an array of strings")
    }
  }

  @Test func `the audience is a string or one of an array`() async throws {
    let rules = JWTVerifier.Configuration(audience: "voice")
    for value in ["\"voice\"", #"["other","voice"]"#] {
      #expect(try await verdict(#"{"sub":"u","exp":1800003600,"aud":\#(value)}"#, rules).reason == nil)
    }
    for member in ["", #","aud":"voice2""#, #","aud":["other"]"#, #","aud":[]"#, #","aud":"Voice""#] {
      #expect(try await verdict(#"{"sub":"u","exp":1800003600\#(member)}"#, rules).detail == "aud mismatch")
    }
  }

  @Test func `a token in its leeway is good until that ends, any other until its exp`() async throws {
    #expect(try await verdict(#"{"sub":"u","exp":1800000001}"#).get().expiresAt == UnixTime(seconds: 1_800_000_001))
    #expect(try await verdict(#"{"sub":"u","exp":1799999990}"#).get().expiresAt == UnixTime(seconds: 1_800_000_020))
  }

  @Test func `dates may have fractions and lie before 1970`() {
    #expect(NumericDate.parse(.number("1800000000.0019")) == UnixTime(milliseconds: 1_800_000_000_001))
    #expect(NumericDate.parse(.number("-1.5")) == UnixTime(milliseconds: -1_500))
    #expect(NumericDate.parse(.number("1.8e9")) == UnixTime(seconds: 1_800_000_000))
    #expect(NumericDate.parse(.string("1800000000")) == nil)
    #expect(NumericDate.parse(.number("1e-9223372036854775808")) == nil)
  }

  @Test func `user_id goes before sub, and either may be an integer`() async throws {
    #expect(try await verdict(#"{"sub":"s","user_id":"u","exp":1800003600}"#).get().userID == "u")
    #expect(try await verdict(#"{"sub":"s","user_id":null,"exp":1800003600}"#).get().userID == "s")
    #expect(try await verdict(#"{"sub":12345678901234567890123,"exp":1800003600}"#).get().userID == "12345678901234567890123")
  }

  @Test(arguments: ["\"\"", "1.0", "1e3", "-1", "true", "[]", "{}", #""a\u0000b""#, #""a\nb""#])
  func `a user id that could stand for another is refused`(value: String) async throws {
    #expect(try await verdict(#"{"user_id":\#(value),"sub":"s","exp":1800003600}"#).reason == .invalid)
  }

  @Test func `a token without a user is refused`() async throws {
    #expect(try await verdict(#"{"exp":1800003600}"#).detail == "no user id")
    #expect(try await verdict(#"{"exp":1800003600,"sub":"\#(String(repeating: "x", count: 257))"}"#).reason == .invalid)
    #expect(try await verdict(#"{"exp":1800003600,"sub":"\#(String(repeating: "x", count: 256))"}"#).reason == nil)
  }

  @Test func `plan goes before app_metadata, and user_metadata is never read`() async throws {
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"plan":"a","app_metadata":{"plan":"b"}}"#).get().plan == "a")
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"app_metadata":{"plan":"b"}}"#).get().plan == "b")
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"user_metadata":{"plan":"b"}}"#).get().plan == nil)
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"plan":7}"#).detail == "a plan that is no string")
  }

  @Test func `a claim of one's own may be nested or have dots in its name`() async throws {
    let rules = JWTVerifier.Configuration(userClaims: ["a.b.c"], planClaims: ["https://app.example/plan"])
    let claims = #"{"exp":1800003600,"a":{"b":{"c":"u"}},"https://app.example/plan":"elite"}"#
    #expect(try await verdict(claims, rules).get().userID == "u")
    #expect(try await verdict(claims, rules).get().plan == "elite")
    #expect(try await verdict(#"{"exp":1800003600,"a":{"b":"c"}}"#, rules).detail == "no user id")
  }

  @Test(
    arguments: [
      (#""acme""#, "acme"), ("42", "42"), (#""""#, nil), (#"["a"]"#, nil), ("1.5", nil), (#""a\u0000""#, nil), ("null", nil),
    ] as [(String, String?)])
  func `a tenant is a string or an integer, and anything else names none`(_ value: String, _ tenant: String?) async throws {
    let rules = JWTVerifier.Configuration(tenantClaim: "app_metadata.tenant")
    let claims = #"{"exp":1800003600,"sub":"u","app_metadata":{"tenant":\#(value)}}"#
    #expect(try await verdict(claims, rules).get().tenant == tenant)
    #expect(try await verdict(claims).get().tenant == nil)
  }

  @Test func `a token of Supabase's works as it comes`() async throws {
    let claims = """
      {"aal":"aal1","amr":[{"method":"password","timestamp":1799999000}],"app_metadata":{"plan":"Elite","provider":"email","providers":["email"]},\
      "aud":"authenticated","email":"user@example.com","exp":1800003600,"iat":1800000000,"is_anonymous":false,\
      "iss":"https://abcdefghijklm.supabase.co/auth/v1","phone":"","role":"authenticated","session_id":"5a6e2b2e-0000-4000-8000-000000000000",\
      "sub":"7f1c8f8e-0000-4000-8000-000000000000","user_metadata":{"plan":"intelia"}}
      """
    let token = try TokenForge(header: #"{"alg":"HS256","kid":"pnk4VHyDEmPfsRTj","typ":"JWT"}"#, claims: claims).make()
    let verified = try await TokenForge.verifier().verify(token).get()
    #expect(verified.userID == "7f1c8f8e-0000-4000-8000-000000000000")
    #expect(verified.plan == "Elite")
  }

  @Test(arguments: ["anon", "service_role"])
  func `a role of Supabase's that is no person is refused`(role: String) async throws {
    #expect(try await verdict(#"{"sub":"u","exp":1800003600,"role":"\#(role)"}"#).detail == "role is a service role")
  }

  @Test(arguments: [
    #"{"sub":"u","exp":1800003600,"exp":1}"#, #"{"sub":"u","exp":1800003600,"\u0073ub":"v"}"#,
    #"{"sub":"u","exp":1800003600,"app_metadata":{"plan":"a","plan":"b"}}"#, #"{"sub":"u","exp":1800003600}x"#, "[]", "", "{}{}",
  ])
  func `claims that are not one JSON object with each member once are refused`(claims: String) async throws {
    #expect(try await verdict(claims).detail?.hasPrefix("payload: ") == true)
  }
}
