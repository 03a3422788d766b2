import COpenSSL
import Foundation
import VoiceCore

/// Signs what no minter of ours would.
enum HS256 {
  static func sign(_ header: String, _ payload: String, with secret: Secret) -> String {
    let input = base64(Array(header.utf8)) + "." + base64(Array(payload.utf8))
    let (key, message) = (Array(secret.expose().utf8), Array(input.utf8))
    var code = [UInt8](repeating: 0, count: 32)
    var count = 0
    let made = EVP_Q_mac(nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &code, code.count, &count)
    precondition(made != nil && count == 32)
    return input + "." + base64(code)
  }

  static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
