import HTTPTypes
import VoiceCore

@testable import VoiceAuth

/// Input of `scripts/fuzz.sh auth`: everything in VoiceAuth that reads what a stranger wrote.
///
/// The first byte chooses the reader. Beside crashes and what the sanitizer sees, each reader's own promise is checked.
enum FuzzVoiceAuth {
  private static let now = UnixTime(seconds: 1_800_000_000)
  private static let keys: KeySet = {
    do { return try KeySet(secret: Secret(String(repeating: "k", count: 32))) } catch { fatalError("\(error)") }
  }()
  private static let judge = ClaimsValidator(rules: JWTVerifier.Configuration(issuer: "i", audience: "a"))

  static func run(_ input: UnsafeRawBufferPointer) {
    guard let choice = input.first else { return }
    let bytes = Array(input.dropFirst())
    let text = String(decoding: bytes, as: UTF8.self)
    switch choice % 10 {
    case 0: token(text)
    case 1: token(header: bytes, payload: Array(#"{"sub":"u","exp":1800000001}"#.utf8))
    case 2: token(header: Array(#"{"alg":"HS256"}"#.utf8), payload: bytes)
    case 3: json(bytes)
    case 4: base64(bytes)
    case 5: keySet(bytes)
    case 6: _ = try? KeySet(pem: text)
    case 7: key(bytes)
    case 8: request(text)
    default: _ = try? FeatureFlags.read(bytes, defaults: FeatureFlags())
    }
  }

  private static func token(_ text: String) {
    guard case .success(let token) = CompactJWS.parse(Secret(text), allowing: .all) else { return }
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    precondition(Base64URL.encode(token.payload).utf8.elementsEqual(parts[1]), "one text for one payload")
    precondition(Base64URL.encode(token.signature).utf8.elementsEqual(parts[2]), "one text for one signature")
    precondition(!keys.keys[0].isValid(token.signature, over: token.signingInput, by: token.algorithm), "nobody knows the secret")
    claims(token.payload)
  }

  /// Signed, so that what comes after the signature is reached.
  private static func token(header: [UInt8], payload: [UInt8]) {
    let input = Base64URL.encode(header) + "." + Base64URL.encode(payload)
    guard let tag = keys.keys[0].key.authenticationCode(of: Array(input.utf8)[...], by: .hs256) else { fatalError("no code") }
    guard case .success(let token) = CompactJWS.parse(Secret(input + "." + Base64URL.encode(tag)), allowing: .all) else { return }
    precondition(keys.keys[0].isValid(token.signature, over: token.signingInput, by: .hs256))
    _ = keys.candidates(named: token.keyID, for: token.algorithm)
    claims(token.payload)
  }

  private static func claims(_ payload: [UInt8]) {
    guard let claims = try? JSONParser.parseObject(payload), let token = try? judge.judge(claims, at: now) else { return }
    precondition(!token.userID.isEmpty && token.expiresAt > now - .seconds(60))
  }

  private static func json(_ bytes: [UInt8]) {
    guard let value = try? JSONParser.parse(bytes) else { return }
    guard let again = try? JSONParser.parse(Array(JSONWriter.write(value).utf8)) else { fatalError("what was written does not parse") }
    precondition(again == value, "what was written means something else")
  }

  private static func base64(_ bytes: [UInt8]) {
    guard let decoded = Base64URL.decode(bytes) else { return }
    precondition(Base64URL.encode(decoded).utf8.elementsEqual(bytes), "one text for one value")
  }

  private static func keySet(_ bytes: [UInt8]) {
    guard let set = try? KeySet(jwkSet: bytes) else { return }
    for key in set.keys {
      precondition(!key.algorithms.isEmpty && key.algorithms.isDisjoint(with: Set.hmac), "a published key is never a secret")
      for algorithm in key.algorithms { _ = key.isValid(Array(bytes.prefix(64)), over: bytes[...], by: algorithm) }
    }
  }

  private static func key(_ bytes: [UInt8]) {
    _ = try? VerificationKey(subjectPublicKeyInfo: bytes, id: nil, algorithms: .all)
    _ = try? VerificationKey(certificate: bytes, algorithms: .all)
  }

  private static func request(_ text: String) {
    var request = HTTPRequest(method: .get, scheme: "https", authority: text, path: text)
    request.headerFields[.origin] = text
    request.headerFields[.authorization] = text
    _ = TokenSource.find(in: request)
    precondition(!Redaction.url(text).contains("?"))
    _ = try? OriginPolicy(allowed: [text]).allows(request)
    _ = try? OriginPolicy().allows(request)
    _ = try? KeySetURL(text).redirected(to: text)
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  FuzzVoiceAuth.run(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
