import Foundation
import VoiceCore

/// Reason of a server's refusal, in its own words.
enum ServerReason {
  private static let longest = 300

  /// The whole message of an error body as OpenAI, Weaviate and others write it; nil where none is there.
  static func text(_ body: Data) -> String? {
    guard let object = try? JSONSerialization.jsonObject(with: body.prefix(65_536)) as? [String: Any] else { return nil }
    for name in ["error", "errors", "message", "detail"] {
      if let found = message(object[name]) { return found }
    }
    return nil
  }

  /// Reads a text, an object with a message, or the first of a list of these.
  private static func message(_ value: Any?) -> String? {
    if let text = value as? String { return text }
    if let object = value as? [String: Any] { return object["message"] as? String }
    guard let first = (value as? [Any])?.first else { return nil }
    return first as? String ?? (first as? [String: Any])?["message"] as? String
  }

  /// One line of a bounded length.
  static func line(_ text: String) -> String {
    let words = text.prefix(4 * longest).onOneLine
    return words.count > longest ? words.prefix(longest) + "…" : words
  }
}
