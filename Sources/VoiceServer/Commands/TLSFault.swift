/// Kind of a TLS failure, from the library's own word for it.
enum TLSFault: Equatable {
  /// The peer's certificate is signed by an unknown authority, expired, or for another name.
  case untrusted
  /// The peer does not speak TLS.
  case plainText
  case other

  init(_ text: String) {
    self =
      if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
        .untrusted
      } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
        .plainText
      } else {
        .other
      }
  }

  /// The library's words without its numbers and source files: `TLS failed: certificate verify failed`.
  static func short(_ text: String) -> String {
    let mark = "OPENSSL_internal:"
    guard let start = text.firstRange(of: mark), let lead = text.firstRange(of: ": handshakeFailed") ?? text.firstRange(of: ": ") else {
      return text
    }
    let words = text[start.upperBound...].prefix { $0 != " " && $0 != "]" }
    return text[..<lead.lowerBound] + ": " + words.lowercased().replacing("_", with: " ")
  }
}
