import Foundation
import VoiceCore

/// The charset that an HTML document declares of itself (HTML standard, "determining the character encoding").
enum HTMLCharset {
  /// Name that a `meta` element or an XML declaration at the beginning tells, in lower case; nil where none does.
  static func declared(in data: Data) -> String? {
    // Names and tags are ASCII in all charsets of which this can be read.
    let head = String(decoding: data.prefix(4_096).map { $0 < 0x80 ? $0 : 0x20 }, as: UTF8.self)
    if head.hasPrefix("<?xml"), let found = name(after: "encoding=", in: head.prefix { $0 != ">" }) { return found }
    for case .tag(let tag) in HTMLScanner(head) where tag.name == "meta" && !tag.isEnd {
      if let found = name(after: "charset=", in: tag.attributes) { return found }
    }
    return nil
  }

  private static func name(after sign: String, in text: Substring) -> String? {
    let lower = text.lowercased()
    guard let found = lower.firstRange(of: sign) else { return nil }
    let name = lower[found.upperBound...].drop { $0.isWhitespace || $0 == "\"" || $0 == "'" }
      .prefix { $0.isLetter || $0.isNumber || "-_.:".contains($0) }
    return name.isEmpty ? nil : String(name)
  }
}
