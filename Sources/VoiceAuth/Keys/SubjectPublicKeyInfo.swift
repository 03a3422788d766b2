/// Public keys as DER (RFC 5280 section 4.1.2.7), from the numbers that a JWK gives.
enum SubjectPublicKeyInfo {
  /// RFC 3279 section 2.3.1; big-endian numbers.
  static func rsa(modulus: [UInt8], exponent: [UInt8]) -> [UInt8] {
    rsa(publicKey: DER.sequence(DER.unsigned(modulus) + DER.unsigned(exponent)))
  }

  /// Wraps an RSAPublicKey of PKCS #1 (RFC 8017 appendix A.1.1).
  static func rsa(publicKey: [UInt8]) -> [UInt8] {
    let rsaEncryption: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
    return DER.sequence(DER.sequence(rsaEncryption) + DER.bitString(publicKey))
  }

  /// RFC 5480 section 2; coordinates of the curve's size.
  static func ellipticCurve(_ curve: EllipticCurve, x: [UInt8], y: [UInt8]) -> [UInt8] {
    let ecPublicKey: [UInt8] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    return DER.sequence(DER.sequence(ecPublicKey + curve.objectIdentifier) + DER.bitString([0x04] + x + y))
  }

  /// RFC 8410 section 4.
  static func ed25519(_ x: [UInt8]) -> [UInt8] {
    DER.sequence(DER.sequence([0x06, 0x03, 0x2B, 0x65, 0x70]) + DER.bitString(x))
  }
}
