import Logging
import VoiceCore

/// Builds one JSON object on one line.
struct JSONLine {
  private var text = "{"

  mutating func add(_ key: String, _ value: String) {
    addKey(key)
    append(value)
  }

  mutating func add(_ key: String, _ value: Logger.MetadataValue) {
    addKey(key)
    append(value)
  }

  /// The line with its line feed.
  consuming func finish() -> String { text + "}\n" }

  private mutating func addKey(_ key: String) {
    if text.utf8.count > 1 { text += "," }
    append(key)
    text += ":"
  }

  private mutating func append(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let string): append(string)
    case .stringConvertible(let value): appendScalar(value)
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        append(value)
      }
      text += "]"
    case .dictionary(let members):
      text += "{"
      for (index, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { text += "," }
        append(key)
        text += ":"
        append(value)
      }
      text += "}"
    }
  }

  /// Numbers stay numbers; a duration is written in seconds.
  private mutating func appendScalar(_ value: any CustomStringConvertible) {
    switch value {
    case let flag as Bool: text += flag ? "true" : "false"
    case let number as any BinaryInteger: text += "\(number)"
    case let number as Double where number.isFinite: text += "\(number)"
    case let number as Float where number.isFinite: text += "\(number)"
    case let duration as Duration: text += "\(duration.inSeconds)"
    case let other: append(other.description)
    }
  }

  private mutating func append(_ string: String) { text += JSONText.quoted(string, escaping: LogText.isHidden) }
}
