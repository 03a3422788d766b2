import Foundation
import Logging
import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceAuth

struct KeySetTests {
  /// RFC 7515 appendix A.3, RFC 8037 appendix A.2, and a modulus of 2,048 bits.
  private let ec =
    #""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#
  private let ed = #""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#
  private let rsa = #""kty":"RSA","e":"AQAB","n":"\#(Base64URL.encode([UInt8](repeating: 0xC1, count: 256)))""#

  private func set(_ keys: String..., algorithms: Set<JWTAlgorithm> = .all) throws -> KeySet {
    try KeySet(jwkSet: Array(#"{"keys":[\#(keys.map { "{\($0)}" }.joined(separator: ","))]}"#.utf8), algorithms: algorithms)
  }

  private func warning(_ key: String) throws -> String? {
    let set = try set(ed, key)
    return set.keys.count == 1 ? set.warnings.first?.replacing("key 2 of the set is left out: ", with: "") : nil
  }

  @Test func `a key without alg is bound to what its type and curve serve of the allow-list`() throws {
    let bound = try set(rsa, ec, ed).keys.map(\.algorithms)
    #expect(bound == [[.rs256, .rs384, .rs512, .ps256, .ps384, .ps512], [.es256], [.edDSA]])
    #expect(try set(rsa, algorithms: [.ps256, .es256]).keys.map(\.algorithms) == [[.ps256]])
  }

  @Test func `a key with alg is bound to that alone`() throws {
    #expect(try set(#"\#(rsa),"alg":"PS384""#).keys.map(\.algorithms) == [[.ps384]])
    #expect(try warning(#"\#(ec),"alg":"ES384""#) == "a key that serves no allowed algorithm")
  }

  @Test(arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
  func `a private or shared key is left out with a warning`(member: String) throws {
    #expect(try warning(#"\#(rsa),"\#(member)":"AQAB""#) == "it is private or shared")
  }

  @Test func `a key for another purpose is left out with a warning`() throws {
    #expect(try warning(#"\#(ec),"use":"enc""#) == "its use is not sig")
    #expect(try warning(#"\#(ec),"use":1"#) == "its use is no string")
    #expect(try warning(#"\#(ec),"key_ops":["sign"]"#) == "its key_ops has no verify")
    #expect(try warning(#"\#(ec),"key_ops":"verify""#) == "its key_ops is no array of strings")
    #expect(try warning(#"\#(ec),"alg":"RSA-OAEP""#) == "its alg is none that is used here")
    #expect(try set(#"\#(ec),"use":"sig","key_ops":["sign","verify"]"#).warnings == [])
  }

  @Test func `a key of an unknown type or curve is left out with a warning`() throws {
    #expect(try warning(#""kty":"AKP","alg":"ML-DSA-44","pub":"AA""#) == "its alg is none that is used here")
    #expect(try warning(#""kty":"XYZ""#) == "its type is none that is used here")
    #expect(try warning(#""crv":"P-256""#) == "its type is none that is used here")
    #expect(
      try warning(#""kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#) == "its curve is none that is used here"
    )
    #expect(try warning(#""kty":"EC","crv":"secp256k1","x":"AA","y":"AA""#) == "its curve is none that is used here")
  }

  @Test func `a key that is malformed is left out with a warning`() throws {
    #expect(try warning(#""kty":"RSA","e":"AQAB""#) == "its n is not base64url")
    #expect(
      try warning(#""kty":"RSA","e":"","n":"AQAB""#) == "its n is not base64url"
        || warning(#""kty":"RSA","e":"","n":"AQAB""#) == "its e is not base64url")
    #expect(try warning(#""kty":"RSA","e":"AQAB=","n":"AQAB""#) == "its e is not base64url")
    #expect(try warning(#"\#(ec),"kid":7"#) == "its kid is no string")
    #expect(try warning(#""kty":"OKP","crv":"Ed25519","x":"AAAA""#) == "a coordinate of another size")
  }

  @Test func `weak keys are left out with a warning`() throws {
    let short = Base64URL.encode([UInt8](repeating: 0xC1, count: 255))
    #expect(try warning(#""kty":"RSA","e":"AQAB","n":"\#(short)""#) == "an RSA key of 2040 bits: at least 2048 are needed")
    let huge = Base64URL.encode([UInt8](repeating: 0xC1, count: 1_025))
    #expect(try warning(#""kty":"RSA","e":"AQAB","n":"\#(huge)""#) == "an RSA key of 8200 bits: at most 8192 are taken")
    let n = Base64URL.encode([UInt8](repeating: 0xC1, count: 256))
    #expect(try warning(#""kty":"RSA","e":"AQ","n":"\#(n)""#) == "an RSA key with the exponent 1")
    #expect(try warning(#""kty":"RSA","e":"Ag","n":"\#(n)""#) == "an RSA key with an even exponent")
    #expect(try set(#""kty":"RSA","e":"Aw","n":"\#(n)""#).keys.count == 1)
  }

  @Test func `of keys with one name each is tried that serves the algorithm`() async throws {
    let issuer = Ed25519Issuer()
    let own = try VerificationKey(subjectPublicKeyInfo: SubjectPublicKeyInfo.ed25519(issuer.publicKey), id: "a", algorithms: .all)
    let published = try set(#"\#(ec),"kid":"a""#, #"\#(ed),"kid":"a""#, #"\#(ed),"kid":"a""#)
    #expect(published.keys.count == 3 && published.warnings.isEmpty)
    let token = issuer.token(header: #"{"alg":"EdDSA","kid":"a"}"#, claims: #"{"sub":"u","exp":1800003600}"#)
    #expect(try await TokenForge.verifier(keys: KeySet(published.keys + [own])).verify(token).reason == nil)
    #expect(try await TokenForge.verifier(keys: published).verify(token).detail == "a signature of another key")
    let many = KeySet([VerificationKey](repeating: own, count: 17))
    #expect(try await TokenForge.verifier(keys: many).verify(token).detail == "more than 16 keys could have signed a token")
  }

  @Test(arguments: [#"{"keys":[]}"#, #"{"keys":[1]}"#, #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#])
  func `a set without a key that can be used is an empty set, and says so`(json: String) throws {
    let set = try KeySet(jwkSet: Array(json.utf8))
    #expect(set.keys.isEmpty)
    #expect(set.warnings.last == "the key set has no key that can be used: tokens that need one are refused")
  }

  @Test(arguments: ["", "{}", "[]", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, #"{"keys":[]}x"#])
  func `what is no set is an error`(json: String) {
    #expect(throws: VoiceAuthError.self) { try KeySet(jwkSet: Array(json.utf8)) }
  }

  @Test func `of more than a hundred keys the first hundred that can be used are taken, and the set says so`() throws {
    let keys = (0...101).map { #"{\#($0 == 0 ? rsa + #","use":"enc""# : ed),"kid":"\#($0)"}"# }
    func set(_ keys: [String]) throws -> KeySet { try KeySet(jwkSet: Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)) }
    let all = try set(keys)
    #expect(all.keys.map(\.id) == (1...100).map { "\($0)" })
    #expect(all.warnings.last == "the set has 102 keys: those behind key 101 are left out")
    #expect(try set(keys.dropLast()).warnings.count == 1)
  }

  @Test func `a member that is null counts as absent`() throws {
    let published = try set(#"\#(ed),"kid":null,"use":null,"alg":null,"key_ops":null,"d":null"#)
    #expect(published.keys.map(\.id) == [nil] && published.warnings.isEmpty)
  }

  @Test func `a key with a duplicate member is left out alone`() throws {
    for key in [#"\#(ec),"kid":"a","kid":"b""#, #"\#(ec),"x5c":[{"a":1,"a":2}]"#] {
      #expect(try warning(key) == "it has a duplicate member")
    }
  }

  @Test func `a coordinate of another size is refused, whichever it is`() throws {
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
    #expect(try warning(#""kty":"EC","crv":"P-256","x":"AAAA","y":"\#(y)""#) == "a coordinate of another size")
    #expect(try warning(#""kty":"EC","crv":"P-256","x":"\#(x)","y":"AAAA""#) == "a coordinate of another size")
  }

  @Test func `a token that names a key of another algorithm is refused for that`() async throws {
    let keys = try set(#"\#(ed),"kid":"a""#)
    let token = try TokenForge(header: #"{"alg":"HS256","kid":"a"}"#).make()
    #expect(try await TokenForge.verifier(keys: keys).verify(token).detail == "no key serves HS256")
  }

  @Test func `a kid leads to the key of that name and to no other`() async throws {
    let other = Secret(String(repeating: "other", count: 8))
    let keys = try KeySet([
      VerificationKey(secret: other, id: "a"), VerificationKey(secret: TokenForge.secret, id: "b"),
      VerificationKey(secret: TokenForge.secret),
    ])
    func detail(_ kid: String) async throws -> String? {
      try await TokenForge.verifier(keys: keys).verify(TokenForge(header: #"{"alg":"HS256","kid":"\#(kid)"}"#).make()).detail
    }
    #expect(try await detail("b") == nil)
    // The secret without a name could be meant by any.
    for unknown in ["a", "c", "", "B"] { #expect(try await detail(unknown) == nil) }
    let named = KeySet(keys.keys.filter { $0.id != nil })
    for unknown in ["c", "", "B"] {
      let token = try TokenForge(header: #"{"alg":"HS256","kid":"\#(unknown)"}"#).make()
      #expect(try await TokenForge.verifier(keys: named).verify(token).detail == "an unknown kid")
    }
  }

  @Test func `names that only look the same are different`() async throws {
    let keys = try KeySet([
      VerificationKey(secret: TokenForge.secret, id: "K"), VerificationKey(secret: TokenForge.secret, id: "\u{212A}x"),
    ])
    let token = try TokenForge(header: #"{"alg":"HS256","kid":"\u212A"}"#).make()
    #expect(try await TokenForge.verifier(keys: keys).verify(token).detail == "an unknown kid")
  }

  @Test(arguments: ["https://ref.supabase.co/auth/v1", "https://auth.example.com/auth/v1", nil])
  func `a secret has no name of its own, whatever kid its issuer writes`(issuer: String?) async throws {
    let claims = #"{"sub":"u","exp":1800003600\#(issuer.map { #","iss":"\#($0)""# } ?? "")}"#
    let token = try TokenForge(header: #"{"alg":"HS256","kid":"IBZF"}"#, claims: claims).make()
    let secret = try VerificationKey(secret: TokenForge.secret)
    #expect(try await TokenForge.verifier(keys: KeySet([secret])).verify(token).reason == nil)
    let beside = try set(#"\#(ed),"kid":"IBZF""#, #"\#(ec),"kid":"b""#)
    #expect(try await TokenForge.verifier(keys: KeySet(beside.keys + [secret])).verify(token).reason == nil)
    #expect(try await TokenForge.verifier(keys: beside).verify(token).detail == "no key serves HS256")
  }

  @Test func `a key of a set that has no name does not answer for a kid`() async throws {
    let issuer = Ed25519Issuer()
    let keys = try KeySet([
      VerificationKey(subjectPublicKeyInfo: SubjectPublicKeyInfo.ed25519(issuer.publicKey), id: nil, algorithms: .all)
    ])
    let claims = #"{"sub":"u","exp":1800003600}"#
    #expect(try await TokenForge.verifier(keys: keys).verify(issuer.token(header: #"{"alg":"EdDSA"}"#, claims: claims)).reason == nil)
    let named = issuer.token(header: #"{"alg":"EdDSA","kid":"x"}"#, claims: claims)
    #expect(try await TokenForge.verifier(keys: keys).verify(named).detail == "an unknown kid")
  }

  @Test func `a PEM that stands alone answers for every kid, and beside a set or a second one for none`() async throws {
    let issuer = Ed25519Issuer()
    let body = Data(SubjectPublicKeyInfo.ed25519(issuer.publicKey)).base64EncodedString()
    let pem = "-----BEGIN PUBLIC KEY-----\n\(body)\n-----END PUBLIC KEY-----\n"
    let token = issuer.token(header: #"{"alg":"EdDSA","kid":"x"}"#, claims: #"{"sub":"u","exp":1800003600}"#)
    let alone = try KeySet(pem: pem)
    #expect(try await TokenForge.verifier(keys: alone).verify(token).reason == nil)
    let withSecret = KeySet(alone.keys + [try VerificationKey(secret: TokenForge.secret)])
    #expect(try await TokenForge.verifier(keys: withSecret).verify(token).reason == nil)
    for several in [try KeySet(pem: pem + pem), KeySet(alone.keys + (try set(#"\#(ec),"kid":"b""#)).keys)] {
      #expect(try await TokenForge.verifier(keys: several).verify(token).detail == "an unknown kid")
    }
    // Also while the set behind a URL has no key.
    let beside = CombinedKeys(alone, and: StaticKeys(KeySet([])))
    #expect(await JWTVerifier(keys: beside, now: { TokenForge.now }).verify(token).detail == "an unknown kid")
  }

  @Test func `a token without kid is tried with each of sixteen keys, and with more the log says once why it is refused`() async throws {
    func keys(_ count: Int) throws -> KeySet {
      try KeySet(
        (1..<count).map { try VerificationKey(secret: Secret(String(repeating: "\($0)", count: 40))) } + [
          VerificationKey(secret: TokenForge.secret)
        ])
    }
    #expect(try await TokenForge.verifier(keys: keys(16)).verify(TokenForge().make()).detail == nil)
    let log = RecordingLog()
    let verifier = JWTVerifier(keys: try keys(17), now: { TokenForge.now }, logger: log.logger)
    for _ in 0..<3 { #expect(try await verifier.verify(TokenForge().make()).detail == "more than 16 keys could have signed a token") }
    #expect(log.texts(.info).count == 1)
  }

  @Test(arguments: [
    ("", "no PEM"), ("-----BEGIN PUBLIC KEY-----\nAAAA", "PEM without an end"),
    ("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----", "PEM that is not base64"),
    ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "not a public key in DER"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "not an X.509 certificate in DER"),
    ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "a private key: give the public one"),
    ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "a private key: give the public one"),
    ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----", "PEM that is neither a public key nor a certificate"),
    (
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      "several certificates: give the issuer's alone"
    ),
  ])
  func `PEM that holds no public key is an error`(text: String, message: String) {
    #expect(throws: VoiceAuthError(.invalidKey, message)) { try KeySet(pem: text) }
  }

  @Test func `PEM may come with line ends of any kind, and several keys`() throws {
    let lines = [
      "-----BEGIN PUBLIC KEY-----", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7",
      "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==", "-----END PUBLIC KEY-----",
    ]
    for end in ["\n", "\r\n", "\\n", " \n"] {
      #expect(try KeySet(pem: lines.joined(separator: end) + end).keys.map(\.algorithms) == [[.es256]])
    }
    #expect(try KeySet(pem: (["some words"] + lines + lines).joined(separator: "\n")).keys.count == 2)
    #expect(throws: VoiceAuthError(.invalidKey, "a key that serves no allowed algorithm")) {
      try KeySet(pem: lines.joined(separator: "\n"), algorithms: [.rs256])
    }
  }

  @Test func `DER with something after its end is an error`() throws {
    let key = SubjectPublicKeyInfo.ed25519([UInt8](repeating: 7, count: 32))
    #expect(try VerificationKey(subjectPublicKeyInfo: key, id: nil, algorithms: .all).algorithms == [.edDSA])
    #expect(throws: VoiceAuthError(.invalidKey, "not a public key in DER")) {
      try VerificationKey(subjectPublicKeyInfo: key + [0], id: nil, algorithms: .all)
    }
  }

  @Test func `a key without a named curve is refused, though its parameters are those of P-256`() {
    let pem = """
      -----BEGIN PUBLIC KEY-----
      MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
      AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
      ///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
      NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
      RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
      //////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABO5fHGyYTvMMDsMG38SLKkwn
      YKcTgeZofIIos/wJu4PPhAF4QoSeOhtJKP7/byExlpK0E1D0Q0VPGzJSrKz64Rg=
      -----END PUBLIC KEY-----
      """
    #expect(throws: VoiceAuthError(.invalidKey, "an elliptic curve key without a named curve")) { try KeySet(pem: pem) }
  }

  @Test func `the point at infinity is no key`() {
    let point = DER.sequence(
      DER.sequence([0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01] + EllipticCurve.p256.objectIdentifier) + DER.bitString([0]))
    #expect(throws: VoiceAuthError.self) { try VerificationKey(subjectPublicKeyInfo: point, id: nil, algorithms: .all) }
  }

  @Test(arguments: [
    // X25519, and RSA for PSS alone, whose parameters could say anything.
    "MCowBQYDK2VuAyEA7+Rj5Ry6oV9FP52wSHTehm2WTI7MR8MaY/R1R2g+Iyw=",
    """
    MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAOcHH5MUnJ1pqAgM/p8JcY8Q
    qsJ2SQ1FzL0Tm6KEzD7tJ3QPxndplkEfCjdEAHmFHJAfF3WX/jdhNzsVxxQJYOQW
    ulwhHM7RLTDY1K8HYxAX4huhuy3aYZoNf1QSfCF5MYPreQoCCdLXBGsq+j92U+wr
    i8Wpg1+lsEZ60wJ7H/3sc6WCgtIlWqBuCcFrLqSxNygeAOETlsOR7S4l9A8J7p+w
    jzKaek3rJMcC71ZafV0W4oTsf/eybyKtBBBCeuVlEsGIKX/LMXbLjnEeBJdOGz4b
    r5Radp8QygdXpRQVIxdhJKqhWaOSPASS7DdMdx69T7qeldP/MK0i6nxYNAg18skC
    AwEAAQ==
    """,
  ])
  func `a key of a type that no algorithm here uses is refused`(body: String) {
    #expect(throws: VoiceAuthError(.invalidKey, "a key of a type that no algorithm here uses")) {
      try KeySet(pem: "-----BEGIN PUBLIC KEY-----\n\(body)\n-----END PUBLIC KEY-----")
    }
  }
}
