public import VoiceCore

/// A key that verifies tokens, bound to the algorithms that it may serve.
///
/// The binding is the key's (RFC 8725 section 3.1): a token's `alg` can only match it, never change it.
public final class VerificationKey: Sendable {
  /// The name that a token's `kid` has to match. A key without one answers tokens without `kid`.
  public let id: String?
  /// Algorithms that the key serves; never empty.
  public let algorithms: Set<JWTAlgorithm>
  let key: LibcryptoKey
  /// True if the key came as a bare text: it has no name here, whatever its issuer calls it in a token.
  let isBare: Bool

  private init(id: String?, key: consuming LibcryptoKey, algorithms: Set<JWTAlgorithm>, isBare: Bool) throws(VoiceAuthError) {
    self.isBare = isBare
    self.algorithms = algorithms.filter(key.kind.serves)
    self.id = id
    self.key = key
    guard !self.algorithms.isEmpty else { throw VoiceAuthError(.invalidKey, "a key that serves no allowed algorithm") }
  }

  /// A secret shared with the issuer, for HS256/384/512: at least 32 bytes. RFC 7518 section 3.2 asks for as many bytes as
  /// the hash has, so give 64 for HS512.
  public convenience init(secret: Secret, id: String? = nil, algorithms: Set<JWTAlgorithm> = .hmac) throws(VoiceAuthError) {
    let bytes = Array(secret.expose().utf8)
    try self.init(secretBytes: bytes, id: id, algorithms: algorithms)
  }

  /// Creates a key from bytes, like ``init(secret:id:algorithms:)`` from text.
  public convenience init(secretBytes bytes: [UInt8], id: String? = nil, algorithms: Set<JWTAlgorithm> = .hmac) throws(VoiceAuthError) {
    guard bytes.count >= 32 else { throw VoiceAuthError(.invalidKey, "a secret of \(bytes.count) bytes: at least 32 are needed") }
    try self.init(id: id, key: .secret(bytes, algorithms: algorithms), algorithms: algorithms, isBare: id == nil)
  }

  /// A public key in DER, as SubjectPublicKeyInfo.
  convenience init(
    subjectPublicKeyInfo bytes: [UInt8], id: String?, algorithms: Set<JWTAlgorithm>, isBare: Bool = false
  ) throws(VoiceAuthError) {
    try self.init(id: id, key: .subjectPublicKeyInfo(bytes, algorithms: algorithms), algorithms: algorithms, isBare: isBare)
  }

  /// The public key of an X.509 certificate in DER.
  convenience init(certificate bytes: [UInt8], algorithms: Set<JWTAlgorithm>) throws(VoiceAuthError) {
    try self.init(id: nil, key: .certificate(bytes, algorithms: algorithms), algorithms: algorithms, isBare: true)
  }

  func isValid(_ signature: [UInt8], over message: ArraySlice<UInt8>, by algorithm: JWTAlgorithm) -> Bool {
    algorithms.contains(algorithm) && key.isValid(signature, over: message, by: algorithm)
  }
}
