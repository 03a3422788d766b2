import VoiceCore

/// Comma-separated lists in header fields (RFC 9110 section 5.6.1).
enum HeaderTokens {
  /// The elements of all fields of one name, without blanks and empty elements.
  static func list(_ values: some Sequence<String>) -> [String] {
    values.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }
      .map(\.withoutOuterBlanks)
      .filter { !$0.isEmpty }
  }

  static func contains(_ token: String, in values: some Sequence<String>) -> Bool {
    list(values).contains { $0.lowercased() == token }
  }

  /// RFC 9110 section 5.6.2.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
