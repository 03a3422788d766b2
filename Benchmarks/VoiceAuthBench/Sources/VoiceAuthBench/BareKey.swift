import CBareOpenSSL

/// A key of libcrypto's and one signature by it, with nothing around them.
final class BareKey: @unchecked Sendable {  // why: nothing changes after init, and libcrypto verifies from any thread
  private let key: OpaquePointer?
  private(set) var message: [UInt8] = []
  private(set) var signature: [UInt8] = []
  private let digest: OpaquePointer?

  init(_ key: OpaquePointer?, digest: OpaquePointer?) {
    self.key = key
    self.digest = digest
  }

  deinit { EVP_PKEY_free(key) }

  static func rsa() -> BareKey { BareKey(bare_rsa_key(2_048), digest: EVP_sha256()) }
  static func p256() -> BareKey { BareKey(bare_p256_key(), digest: EVP_sha256()) }
  static func ed25519() -> BareKey { BareKey(newEd25519Key(), digest: nil) }

  func sign(_ message: [UInt8]) {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var length = 1_024
    var signature = [UInt8](repeating: 0, count: length)
    precondition(EVP_DigestSignInit(context, nil, digest, nil, key) == 1)
    precondition(EVP_DigestSign(context, &signature, &length, message, message.count) == 1)
    self.message = message
    self.signature = Array(signature.prefix(length))
  }

  /// What any program has to call for one signature, the key being there already.
  func verify() {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    precondition(EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1)
    precondition(EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1)
  }

  /// The public key in PEM.
  var pem: String {
    let memory = BIO_new(BIO_s_mem())
    defer { BIO_free(memory) }
    precondition(PEM_write_bio_PUBKEY(memory, key) == 1)
    var text = [UInt8](repeating: 0, count: 4_096)
    let count = BIO_read(memory, &text, Int32(text.count))
    return String(decoding: text.prefix(Int(count)), as: UTF8.self)
  }

  /// r and s one after the other, from the DER that libcrypto gives.
  var rawSignature: [UInt8] {
    var pointer: UnsafePointer<UInt8>?
    return signature.withUnsafeBufferPointer { buffer in
      pointer = buffer.baseAddress
      let parsed = d2i_ECDSA_SIG(nil, &pointer, buffer.count)
      defer { ECDSA_SIG_free(parsed) }
      var raw = [UInt8](repeating: 0, count: 64)
      raw.withUnsafeMutableBufferPointer { raw in
        BN_bn2binpad(ECDSA_SIG_get0_r(parsed), raw.baseAddress, 32)
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed), raw.baseAddress! + 32, 32)
      }
      return raw
    }
  }
}

private func newEd25519Key() -> OpaquePointer? {
  let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
  defer { EVP_PKEY_CTX_free(context) }
  var key: OpaquePointer?
  precondition(EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_keygen(context, &key) == 1)
  return key
}
