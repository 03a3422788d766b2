import Logging

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
    case .stringConvertible(let number as Int): text += String(number)
    case .stringConvertible(let flag as Bool): text += flag ? "true" : "false"
    case .stringConvertible(let number as Double) where number.isFinite: text += String(number)
    case .stringConvertible(let other): append(other.description)
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

  private mutating func append(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
