import COpenSSL
import Foundation

/// An issuer's Ed25519 key, by libcrypto: it signs, and shows its public half as JWK and as PEM.
final class SigningKey: @unchecked Sendable {  // why: nothing changes after init, and libcrypto signs from any thread
  let name: String
  private let key: OpaquePointer?

  init(_ name: String) {
    self.name = name
    let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    precondition(EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_keygen(context, &key) == 1)
    self.key = key
  }

  deinit { EVP_PKEY_free(key) }

  func token(user: String = "ada", claims: String = "", hasName: Bool = true) -> String {
    let now = Int(Date().timeIntervalSince1970)
    let header = #"{"alg":"EdDSA","typ":"JWT"\#(hasName ? #","kid":"\#(name)""# : "")}"#
    let payload = #"{"sub":"\#(user)","plan":"elite","iat":\#(now),"exp":\#(now + 3_600)\#(claims)}"#
    let input = Self.base64(Array(header.utf8)) + "." + Self.base64(Array(payload.utf8))
    return input + "." + Self.base64(sign(Array(input.utf8)))
  }

  var jwk: String {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    precondition(EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1)
    return #"{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"\#(name)","x":"\#(Self.base64(bytes))"}"#
  }

  var pem: String {
    let memory = BIO_new(BIO_s_mem())
    defer { BIO_free(memory) }
    precondition(PEM_write_bio_PUBKEY(memory, key) == 1)
    var text = [UInt8](repeating: 0, count: 1_024)
    let count = BIO_read(memory, &text, Int32(text.count))
    return String(decoding: text.prefix(Int(count)), as: UTF8.self)
  }

  private func sign(_ message: [UInt8]) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: 64)
    var count = signature.count
    precondition(EVP_DigestSignInit(context, nil, nil, nil, key) == 1)
    precondition(EVP_DigestSign(context, &signature, &count, message, message.count) == 1)
    return signature
  }

  private static func base64(_ bytes: [UInt8]) -> String { HS256.base64(bytes) }
}
