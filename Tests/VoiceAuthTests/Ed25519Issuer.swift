import COpenSSL
import VoiceCore

@testable import VoiceAuth

/// An issuer with an Ed25519 key, for tokens that no secret signs.
final class Ed25519Issuer: @unchecked Sendable {  // why: nothing changes after init
  private let key: OpaquePointer?

  init() {
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, [UInt8](repeating: 7, count: 32), 32)
  }

  deinit { EVP_PKEY_free(key) }

  var publicKey: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    precondition(EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1)
    return bytes
  }

  func token(header: String, claims: String = TokenForge().claims) -> Secret {
    let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: 64)
    var count = signature.count
    precondition(EVP_DigestSignInit(context, nil, nil, nil, key) == 1)
    precondition(EVP_DigestSign(context, &signature, &count, Array(input.utf8), input.utf8.count) == 1)
    return Secret(input + "." + Base64URL.encode(signature))
  }
}
