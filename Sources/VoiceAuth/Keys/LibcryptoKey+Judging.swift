import COpenSSL

extension LibcryptoKey {
  /// Largest RSA modulus; a larger one makes verification a denial of service.
  private static let maxModulusBits: Int32 = 8_192

  /// Refuses keys that are too weak, not on their curve, or of a type that no algorithm here uses.
  static func judge(_ key: OpaquePointer) throws(VoiceAuthError) -> Kind {
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA: return try judgeRSA(key)
    case EVP_PKEY_EC: return try judgeEllipticCurve(key)
    case EVP_PKEY_ED25519: return .ed25519
    default: throw failure("a key of a type that no algorithm here uses")
    }
  }

  /// Checks an RSA key: at least 2,048 bits (RFC 7518 section 3.3) and an odd exponent of 3 or more.
  private static func judgeRSA(_ key: OpaquePointer) throws(VoiceAuthError) -> Kind {
    let bits = EVP_PKEY_get_bits(key)
    guard bits >= 2_048 else { throw failure("an RSA key of \(bits) bits: at least 2048 are needed") }
    guard bits <= maxModulusBits else { throw failure("an RSA key of \(bits) bits: at most \(maxModulusBits) are taken") }
    var exponent: OpaquePointer?
    guard EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 else { throw failure("an RSA key without an exponent") }
    defer { BN_free(exponent) }
    guard BN_is_odd(exponent) == 1 else { throw failure("an RSA key with an even exponent") }
    guard BN_is_one(exponent) == 0 else { throw failure("an RSA key with the exponent 1") }
    return .rsa(modulusBytes: Int(EVP_PKEY_get_size(key)))
  }

  /// A named curve of RFC 7518 section 6.2.1.1, and a point on it.
  private static func judgeEllipticCurve(_ key: OpaquePointer) throws(VoiceAuthError) -> Kind {
    var isExplicit: Int32 = 0
    // Explicit parameters can dress up a curve whose private keys anybody can make.
    guard EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &isExplicit) == 1, isExplicit == 0 else {
      throw failure("an elliptic curve key without a named curve")
    }
    var name = [CChar](repeating: 0, count: 64)
    var length = 0
    guard EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, &name, name.count, &length) == 1 else {
      throw failure("an elliptic curve key without a named curve")
    }
    let curveName = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let curve = EllipticCurve.allCases.first(where: { $0.libcryptoName == curveName }) else {
      throw failure("an elliptic curve that no algorithm here uses")
    }
    guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { throw failure("libcrypto took no key") }
    defer { EVP_PKEY_CTX_free(context) }
    guard EVP_PKEY_public_check(context) == 1 else { throw failure("a point that is not on its curve") }
    return .ellipticCurve(curve)
  }
}
