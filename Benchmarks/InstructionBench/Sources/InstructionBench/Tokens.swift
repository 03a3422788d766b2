import VoiceAuth
import VoiceCore

/// Verification of one token that is good.
enum Tokens {
  static let now = UnixTime(seconds: 1_800_000_000)
  static let secret = Secret("a-secret-of-the-benchmark-and-of-nothing-else")

  static func hs256(_ count: Int) throws {
    let token = try TokenMinter(secret: secret).mint(user: "7f1c8f8e-0000-4000-8000-000000000000", plan: "elite", now: now)
    try verify(token, JWTVerifier(keys: KeySet(secret: secret)) { now }, count)
  }

  static func es256(_ count: Int) throws {
    try verify(Secret(signed), JWTVerifier(keys: KeySet(pem: publicKey)) { now }, count)
  }

  private static func verify(_ token: Secret, _ verifier: JWTVerifier, _ count: Int) {
    OneThread().run {
      for _ in 0..<count {
        let verified = try await verifier.verify(token).get()
        precondition(verified.plan == "elite")
      }
    }
  }

  /// A key made for this, whose other half is gone.
  private static let publicKey = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIJyzKjqfbLCgK8Vxg95ggTnEuGkP
    prGiXx5n4nVdzXk3PJVKnCpq5xerVU4XFny+y0vpRPSse1UX3Ng3hh/Rfg==
    -----END PUBLIC KEY-----
    """

  private static let signed =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9."
    + "eyJzdWIiOiI3ZjFjOGY4ZS0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiLCJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoidm9pY2UiLCJwbGFuIjoi"
    + "ZWxpdGUiLCJpYXQiOjE3OTk5OTkwMDAsImV4cCI6MTgwMDAwMzYwMH0."
    + "QZ_-xAtW0XNQD2UQzUjrCCotWW1SbKPSQSfgDfC-5OE6tECFFl1ZSReyL33D9TihV58BfKMJjK6NaSAtmmsHgQ"
}
