/// Textual keys (RFC 7468).
enum PEM {
  struct Block: Equatable {
    var label: String
    var bytes: [UInt8]
  }

  /// All blocks of `text`; what stands between them is no part of them. `\n` written as two characters counts as a line's
  /// end, as it comes out of an environment variable.
  static func blocks(of text: String) throws(VoiceAuthError) -> [Block] {
    var blocks: [Block] = []
    var label: String?
    var body: [UInt8] = []
    for line in lines(of: text) {
      if let open = label {
        if line == "-----END \(open)-----" {
          guard let bytes = Base64URL.decode(unpadded(body)) else { throw VoiceAuthError(.invalidKey, "PEM that is not base64") }
          blocks.append(Block(label: open, bytes: bytes))
          label = nil
        } else {
          body += line.utf8
        }
      } else if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.utf8.count > 16 {
        label = String(line.dropFirst(11).dropLast(5))
        body = []
      }
    }
    guard label == nil else { throw VoiceAuthError(.invalidKey, "PEM without an end") }
    return blocks
  }

  private static func lines(of text: String) -> [String] {
    text.split(separator: "\\n").flatMap { $0.split(whereSeparator: \.isNewline) }
      .map { String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
  }

  /// Base64 as PEM has it, in the form that ``Base64URL`` takes.
  private static func unpadded(_ body: [UInt8]) -> [UInt8] {
    var text = body.map { byte in
      switch byte {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      default: byte
      }
    }
    while text.last == UInt8(ascii: "="), body.count - text.count < 2 { text.removeLast() }
    return text
  }
}
