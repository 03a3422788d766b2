extension KeySet {
  /// Reads public keys in PEM: SubjectPublicKeyInfo, PKCS #1, or one X.509 certificate, each bound to what its type and
  /// curve can serve of `algorithms`. Throws ``VoiceAuthError/Code/invalidKey``.
  public init(pem text: String, algorithms: Set<JWTAlgorithm> = .all) throws(VoiceAuthError) {
    let blocks = try PEM.blocks(of: text)
    guard !blocks.isEmpty else { throw VoiceAuthError(.invalidKey, "no PEM") }
    // The others of a chain belong to authorities, which sign no tokens.
    guard blocks.count(where: { $0.label == "CERTIFICATE" }) <= 1 else {
      throw VoiceAuthError(.invalidKey, "several certificates: give the issuer's alone")
    }
    var keys: [VerificationKey] = []
    for block in blocks {
      switch block.label {
      case "PUBLIC KEY": keys.append(try VerificationKey(subjectPublicKeyInfo: block.bytes, id: nil, algorithms: algorithms, isBare: true))
      case "RSA PUBLIC KEY":
        let bytes = SubjectPublicKeyInfo.rsa(publicKey: block.bytes)
        keys.append(try VerificationKey(subjectPublicKeyInfo: bytes, id: nil, algorithms: algorithms, isBare: true))
      case "CERTIFICATE": keys.append(try VerificationKey(certificate: block.bytes, algorithms: algorithms))
      case let label where label.contains("PRIVATE"): throw VoiceAuthError(.invalidKey, "a private key: give the public one")
      default: throw VoiceAuthError(.invalidKey, "PEM that is neither a public key nor a certificate")
      }
    }
    self.init(keys)
  }
}
