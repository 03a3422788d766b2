import COpenSSL

/// A key inside libcrypto, made ready for each algorithm that it serves: the one owner of libcrypto's objects.
struct LibcryptoKey: ~Copyable, @unchecked Sendable {  // why: nothing is written after it is made; libcrypto allows copies from any thread
  /// Type of the key; sizes in bytes.
  enum Kind: Equatable {
    case secret
    case rsa(modulusBytes: Int)
    case ellipticCurve(EllipticCurve)
    case ed25519
  }

  let kind: Kind
  private let publicKey: OpaquePointer?
  private var contexts: [JWTAlgorithm: OpaquePointer] = [:]

  private init(_ kind: Kind, publicKey: OpaquePointer?) {
    self.kind = kind
    self.publicKey = publicKey
  }

  /// A secret for HMAC, ready for each of `algorithms`.
  static func secret(_ bytes: [UInt8], algorithms: Set<JWTAlgorithm>) throws(VoiceAuthError) -> LibcryptoKey {
    var key = LibcryptoKey(.secret, publicKey: nil)
    for algorithm in algorithms where algorithm.family == .secret {
      guard let context = macContext(bytes, algorithm) else { throw failure("libcrypto took no HMAC key") }
      key.contexts[algorithm] = context
    }
    return key
  }

  /// A public key as SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), ready for each of `algorithms` that its type and curve
  /// can serve.
  static func subjectPublicKeyInfo(_ bytes: [UInt8], algorithms: Set<JWTAlgorithm>) throws(VoiceAuthError) -> LibcryptoKey {
    let key: OpaquePointer? = bytes.withUnsafeBufferPointer { buffer in
      var position = buffer.baseAddress
      guard let key = d2i_PUBKEY(nil, &position, buffer.count) else { return nil }
      guard position == buffer.baseAddress.map({ $0 + buffer.count }) else {
        EVP_PKEY_free(key)
        return nil
      }
      return key
    }
    guard let key else { throw failure("not a public key in DER") }
    return try owning(key, algorithms: algorithms)
  }

  /// The public key of an X.509 certificate in DER. Its dates and issuer are not judged: who configures it trusts it.
  static func certificate(_ bytes: [UInt8], algorithms: Set<JWTAlgorithm>) throws(VoiceAuthError) -> LibcryptoKey {
    let key: OpaquePointer? = bytes.withUnsafeBufferPointer { buffer in
      var position = buffer.baseAddress
      guard let certificate = d2i_X509(nil, &position, buffer.count) else { return nil }
      defer { X509_free(certificate) }
      return X509_get_pubkey(certificate)
    }
    guard let key else { throw failure("not an X.509 certificate in DER") }
    return try owning(key, algorithms: algorithms)
  }

  private static func owning(_ publicKey: OpaquePointer, algorithms: Set<JWTAlgorithm>) throws(VoiceAuthError) -> LibcryptoKey {
    let kind: Kind
    do throws(VoiceAuthError) {
      kind = try judge(publicKey)
    } catch {
      EVP_PKEY_free(publicKey)
      throw error
    }
    var key = LibcryptoKey(kind, publicKey: publicKey)
    for algorithm in algorithms where kind.serves(algorithm) && algorithm != .edDSA {
      guard let context = signatureContext(publicKey, algorithm) else { throw failure("libcrypto took no key for \(algorithm.rawValue)") }
      key.contexts[algorithm] = context
    }
    return key
  }

  deinit {
    for (algorithm, context) in contexts {
      if algorithm.family == .secret { EVP_MAC_CTX_free(context) } else { EVP_MD_CTX_free(context) }
    }
    EVP_PKEY_free(publicKey)
  }

  /// Verifies that `signature` is this key's over `message`. ECDSA signatures are r and s of the curve's size, one after the other
  /// (RFC 7518 section 3.4). A length that cannot be right costs nothing.
  func isValid(_ signature: [UInt8], over message: ArraySlice<UInt8>, by algorithm: JWTAlgorithm) -> Bool {
    switch kind {
    case .secret:
      guard let tag = authenticationCode(of: message, by: algorithm), tag.count == signature.count else { return false }
      return CRYPTO_memcmp(tag, signature, tag.count) == 0
    case .rsa(let modulusBytes):
      guard signature.count == modulusBytes else { return false }
      return verify(signature, over: message, by: algorithm)
    case .ellipticCurve(let curve):
      guard signature.count == 2 * curve.byteCount else { return false }
      let half = curve.byteCount
      return verify(DER.sequence(DER.unsigned(signature[..<half]) + DER.unsigned(signature[half...])), over: message, by: algorithm)
    case .ed25519:
      guard signature.count == 64 else { return false }
      return verify(signature, over: message, by: algorithm)
    }
  }

  /// The HMAC of `message` (RFC 7518 section 3.2); nil where the key does not serve `algorithm`.
  func authenticationCode(of message: ArraySlice<UInt8>, by algorithm: JWTAlgorithm) -> [UInt8]? {
    guard kind == .secret, let prepared = contexts[algorithm], let context = EVP_MAC_CTX_dup(prepared) else { return nil }
    defer { EVP_MAC_CTX_free(context) }
    return message.withUnsafeBufferPointer { buffer in
      guard EVP_MAC_update(context, buffer.baseAddress, buffer.count) == 1 else { return nil }
      var written = 0
      let tag = [UInt8](unsafeUninitializedCapacity: 64) { tag, count in
        count = EVP_MAC_final(context, tag.baseAddress, &written, tag.count) == 1 ? written : 0
      }
      return tag.isEmpty ? nil : tag
    }
  }

  private func verify(_ signature: [UInt8], over message: ArraySlice<UInt8>, by algorithm: JWTAlgorithm) -> Bool {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    if algorithm == .edDSA {
      guard EVP_DigestVerifyInit(context, nil, nil, nil, publicKey) == 1 else { return false }
    } else {
      guard let prepared = contexts[algorithm], EVP_MD_CTX_copy_ex(context, prepared) == 1 else { return false }
    }
    let verdict = message.withUnsafeBufferPointer { EVP_DigestVerify(context, signature, signature.count, $0.baseAddress, $0.count) }
    if verdict != 1 { ERR_clear_error() }
    return verdict == 1
  }

  private static func macContext(_ secret: [UInt8], _ algorithm: JWTAlgorithm) -> OpaquePointer? {
    guard let mac = EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
    defer { EVP_MAC_free(mac) }
    guard let context = EVP_MAC_CTX_new(mac) else { return nil }
    // libcrypto reads key and value by their pointers until the end of `EVP_MAC_init`: both live as long as these closures.
    var name = Array((algorithm.hash?.libcryptoName ?? "").utf8CString)
    let isReady = OSSL_MAC_PARAM_DIGEST.withCString { key in
      name.withUnsafeMutableBufferPointer { name in
        let parameters = [OSSL_PARAM_construct_utf8_string(key, name.baseAddress, 0), OSSL_PARAM_construct_end()]
        return EVP_MAC_init(context, secret, secret.count, parameters) == 1
      }
    }
    guard isReady else {
      EVP_MAC_CTX_free(context)
      return nil
    }
    return context
  }

  private static func signatureContext(_ key: OpaquePointer, _ algorithm: JWTAlgorithm) -> OpaquePointer? {
    let context = EVP_MD_CTX_new()
    var options: OpaquePointer?
    var isReady = EVP_DigestVerifyInit_ex(context, &options, algorithm.hash?.libcryptoName, nil, nil, key, nil) == 1
    if isReady, algorithm.isPSS {
      // The salt is as long as the hash, and MGF1 uses the same hash (RFC 7518 section 3.5).
      isReady =
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1
    }
    guard isReady else {
      EVP_MD_CTX_free(context)
      return nil
    }
    return context
  }

  static func failure(_ message: String) -> VoiceAuthError {
    ERR_clear_error()
    return VoiceAuthError(.invalidKey, message)
  }
}

extension LibcryptoKey.Kind {
  /// Returns true if a key of this type and curve can serve `algorithm`.
  func serves(_ algorithm: JWTAlgorithm) -> Bool {
    switch self {
    case .secret: algorithm.family == .secret
    case .rsa: algorithm.family == .rsa
    case .ellipticCurve(let curve): algorithm.family == .ellipticCurve(curve)
    case .ed25519: algorithm.family == .ed25519
    }
  }
}

extension JWTAlgorithm.Hash {
  var libcryptoName: String {
    switch self {
    case .sha256: "SHA256"
    case .sha384: "SHA384"
    case .sha512: "SHA512"
    }
  }
}
