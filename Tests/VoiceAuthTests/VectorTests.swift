import Foundation
import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceAuth

/// Tokens that others made: the RFCs' own examples, and `scripts/make-jwt-vectors.py`.
struct VectorTests {
  private struct Vectors: Decodable {
    struct Case: Decodable {
      var name: String
      var keys: [String: String]
      var token: String
      var valid: Bool
    }
    var now: Int64
    var cases: [Case]
  }

  private static func load(_ name: String) throws -> Data {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
    return try Data(contentsOf: url)
  }

  /// Nil where no key can be used at all.
  private func keySet(_ keys: [String: String]) throws -> KeySet? {
    if let secret = keys["secret"] {
      return try KeySet([VerificationKey(secretBytes: #require(Base64URL.decode(Array(secret.utf8))))])
    }
    if let pem = keys["pem"] { return try? KeySet(pem: pem) }
    return try? KeySet(jwkSet: Array(#require(keys["jwks"]).utf8))
  }

  @Test func `of the tokens by PyJWT and cryptography exactly the valid ones are taken, for every algorithm`() async throws {
    let vectors = try JSONDecoder().decode(Vectors.self, from: Self.load("jwt"))
    let now = UnixTime(seconds: vectors.now)
    var taken: Set<String> = []
    for vector in vectors.cases {
      guard let keys = try keySet(vector.keys) else {
        #expect(!vector.valid, "\(vector.name): its key is good")
        continue
      }
      let verdict = await JWTVerifier(keys: keys) { now }.verify(Secret(vector.token))
      #expect((verdict.reason == nil) == vector.valid, "\(vector.name): \(verdict)")
      if vector.valid {
        taken.insert(String(vector.name.prefix { $0 != ":" }))
      } else {
        #expect(verdict.reason == .invalid, "\(vector.name)")
      }
    }
    #expect(taken == Set(JWTAlgorithm.allCases.map(\.rawValue)))
  }

  @Test func `of 100,000 tokens bent at random none is taken but what stayed as it was`() async throws {
    let vectors = try JSONDecoder().decode(Vectors.self, from: Self.load("jwt"))
    var keys: [VerificationKey] = []
    var sources: Set<[String: String]> = []
    var valid: [[UInt8]] = []
    for algorithm in JWTAlgorithm.allCases {
      let vector = try #require(vectors.cases.first { $0.valid && $0.name.hasPrefix(algorithm.rawValue) })
      if sources.insert(vector.keys).inserted { keys += try #require(try keySet(vector.keys)).keys }
      valid.append(Array(vector.token.utf8))
    }
    let verifier = JWTVerifier(keys: KeySet(keys)) { UnixTime(seconds: vectors.now) }
    for token in valid { #expect(await verifier.verify(Secret(String(decoding: token, as: UTF8.self))).reason == nil) }
    var mutator = TokenMutator(valid: valid, generator: SeededGenerator(seed: 20_261_121))
    var (taken, unchanged, refusals) = (0, 0, Set<String>())
    for _ in 0..<100_000 {
      let token = mutator.next()
      let isUnchanged = valid.contains(token)
      let verdict = await verifier.verify(Secret(String(decoding: token, as: UTF8.self)))
      if verdict.reason == nil { taken += 1 }
      if isUnchanged { unchanged += 1 }
      if let detail = verdict.detail { refusals.insert(detail) }
      if (verdict.reason == nil) != isUnchanged { Issue.record("\(String(decoding: token, as: UTF8.self))") }
    }
    #expect(taken == unchanged)
    #expect(refusals.count > 20, "the walk reaches most checks: \(refusals.sorted())")
  }

  @Test func `no valid token is taken when the allow-list lacks its algorithm`() async throws {
    let vectors = try JSONDecoder().decode(Vectors.self, from: Self.load("jwt"))
    for vector in vectors.cases where vector.valid {
      let keys = try #require(try keySet(vector.keys))
      let own = try #require(JWTAlgorithm(rawValue: String(vector.name.prefix { $0 != ":" })))
      let rules = JWTVerifier.Configuration(algorithms: Set.all.subtracting([own]))
      let verdict = await JWTVerifier(keys: keys, configuration: rules) { UnixTime(seconds: vectors.now) }.verify(Secret(vector.token))
      #expect(verdict.detail == "alg \(own.rawValue) is not allowed")
    }
  }

  /// The first valid token of an algorithm, and its key.
  private func sample(_ algorithm: JWTAlgorithm) throws -> (key: VerificationKey, token: CompactJWS) {
    let vectors = try JSONDecoder().decode(Vectors.self, from: Self.load("jwt"))
    let vector = try #require(vectors.cases.first { $0.valid && $0.name.hasPrefix(algorithm.rawValue) })
    let key = try #require(try keySet(vector.keys)?.keys.first)
    return (key, try CompactJWS.parse(Secret(vector.token), allowing: .all).get())
  }

  @Test(arguments: [JWTAlgorithm.es256, .es384, .es512])
  func `a zero between r and s is refused, though the numbers are the same`(algorithm: JWTAlgorithm) throws {
    let (key, token) = try sample(algorithm)
    #expect(key.isValid(token.signature, over: token.signingInput, by: algorithm))
    var bent = token.signature
    bent.insert(0, at: bent.count / 2)
    #expect(!key.isValid(bent, over: token.signingInput, by: algorithm))
  }

  @Test func `a key serves what it is bound to and nothing else, whoever asks`() throws {
    let (key, token) = try sample(.rs256)
    #expect(key.isValid(token.signature, over: token.signingInput, by: .rs256))
    for other in JWTAlgorithm.allCases where other != .rs256 { #expect(!key.isValid(token.signature, over: token.signingInput, by: other)) }
    #expect(key.key.authenticationCode(of: token.signingInput, by: .rs256) == nil)
  }

  @Test func `the examples of RFC 7515, 7520 and 8037 are good signatures`() throws {
    let examples = try #require(JSONSerialization.jsonObject(with: Self.load("rfc")) as? [[String: Any]])
    #expect(examples.count == 9)
    for example in examples {
      let name = try #require(example["name"] as? String)
      let algorithmName = try #require(example["algorithm"] as? String)
      let algorithm = try #require(JWTAlgorithm(rawValue: algorithmName))
      let key = try #require(example["key"] as? [String: Any])
      let keys: KeySet
      if let secret = key["secret"] as? String {
        let bytes = try #require(Base64URL.decode(Array(secret.utf8)))
        keys = try KeySet([VerificationKey(secretBytes: bytes, id: key["kid"] as? String)])
      } else {
        let jwk = try #require(key["jwk"])
        keys = try KeySet(jwkSet: Array(JSONSerialization.data(withJSONObject: ["keys": [jwk]])))
      }
      let token = try CompactJWS.parse(Secret(#require(example["token"] as? String)), allowing: .all).get()
      #expect(token.algorithm == algorithm)
      guard case .keys(let candidates) = keys.candidates(named: token.keyID, for: token.algorithm) else {
        Issue.record("\(name): no key")
        continue
      }
      #expect(candidates.count == 1)
      #expect(candidates[0].isValid(token.signature, over: token.signingInput, by: algorithm), "\(name)")
      #expect(!candidates[0].isValid(token.signature, over: token.signingInput.dropLast(), by: algorithm), "\(name), shortened")
    }
  }

  @Test func `the example of RFC 7519 is a token until it expires`() async throws {
    let token = Secret(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290I"
        + "jp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    let keys = try KeySet([VerificationKey(secretBytes: #require(Base64URL.decode(Array(secret.utf8))))])
    let rules = JWTVerifier.Configuration(issuer: "joe", leeway: .zero, userClaims: ["iss"])
    #expect(try await TokenForge.verifier(rules, keys: keys, now: UnixTime(seconds: 1_300_819_379)).verify(token).get().userID == "joe")
    #expect(try await TokenForge.verifier(rules, keys: keys, now: UnixTime(seconds: 1_300_819_380)).verify(token).reason == .expired)
  }

  @Test func `the unsecured examples of RFC 7515 appendix A 5 and RFC 7797 section 4 are refused`() async throws {
    let unsecured = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    #expect(try await TokenForge.verifier().verify(Secret(unsecured)).detail == "an unknown alg")
    let unencoded = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
    #expect(try await TokenForge.verifier().verify(Secret(unencoded)).detail == "crit")
  }
}
