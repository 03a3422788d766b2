import VoiceCore

/// A signature algorithm of RFC 7518 section 3.1 and RFC 8037 section 3.1; `none` is not among them.
public enum JWTAlgorithm: String, Sendable, Hashable, CaseIterable {
  /// HMAC with SHA-256.
  case hs256 = "HS256"
  /// HMAC with SHA-384.
  case hs384 = "HS384"
  /// HMAC with SHA-512.
  case hs512 = "HS512"
  /// RSASSA-PKCS1-v1_5 with SHA-256.
  case rs256 = "RS256"
  /// RSASSA-PKCS1-v1_5 with SHA-384.
  case rs384 = "RS384"
  /// RSASSA-PKCS1-v1_5 with SHA-512.
  case rs512 = "RS512"
  /// RSASSA-PSS with SHA-256.
  case ps256 = "PS256"
  /// RSASSA-PSS with SHA-384.
  case ps384 = "PS384"
  /// RSASSA-PSS with SHA-512.
  case ps512 = "PS512"
  /// ECDSA with SHA-256.
  case es256 = "ES256"
  /// ECDSA with SHA-384.
  case es384 = "ES384"
  /// ECDSA with SHA-512.
  case es512 = "ES512"
  /// Ed25519 alone.
  case edDSA = "EdDSA"
}

extension JWTAlgorithm {
  /// Type of key that an algorithm requires.
  enum Family: Hashable {
    case secret, rsa, ed25519
    case ellipticCurve(EllipticCurve)
  }

  enum Hash: Hashable {
    case sha256, sha384, sha512
  }

  var family: Family {
    switch self {
    case .hs256, .hs384, .hs512: .secret
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
    case .es256: .ellipticCurve(.p256)
    case .es384: .ellipticCurve(.p384)
    case .es512: .ellipticCurve(.p521)
    case .edDSA: .ed25519
    }
  }

  /// Nil for EdDSA, which hashes by itself.
  var hash: Hash? {
    switch self {
    case .hs256, .rs256, .ps256, .es256: .sha256
    case .hs384, .rs384, .ps384, .es384: .sha384
    case .hs512, .rs512, .ps512, .es512: .sha512
    case .edDSA: nil
    }
  }

  var isPSS: Bool {
    switch self {
    case .ps256, .ps384, .ps512: true
    case .hs256, .hs384, .hs512, .rs256, .rs384, .rs512, .es256, .es384, .es512, .edDSA: false
    }
  }
}

extension Set<JWTAlgorithm> {
  /// Every algorithm that this library verifies.
  public static let all = Set(JWTAlgorithm.allCases)
  /// Algorithms with a shared secret.
  public static let hmac: Self = [.hs256, .hs384, .hs512]
}
