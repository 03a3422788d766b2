import VoiceCore

/// CSV (RFC 4180) and its kin with semicolons or tabs: rows of fields.
enum SeparatedValues {
  /// - Parameter known: separator that the file's ending tells; nil: the first line tells.
  static func rows(of text: String, separator known: Character? = nil) -> [[String]] {
    let declared = declaration(in: text)
    let text = declared?.rest ?? text[...]
    let separator = declared?.separator ?? known ?? separator(of: text)
    var rows: [[String]] = []
    var row: [String] = []
    var field = ""
    var isQuoted = false
    var characters = text.makeIterator()
    var pending = characters.next()
    func endRow() {
      row.append(field)
      if row.contains(where: { !$0.trimmed.isEmpty }) { rows.append(row.map { String($0.trimmed) }) }
      row = []
      field = ""
    }
    while let character = pending {
      pending = characters.next()
      if isQuoted {
        if character != "\"" {
          field.append(character)
        } else if pending == "\"" {
          field.append("\"")
          pending = characters.next()
        } else {
          isQuoted = false
        }
      } else if character == "\"", field.isEmpty {
        isQuoted = true
      } else if character == separator {
        row.append(field)
        field = ""
      } else if character.isNewline {
        endRow()
      } else {
        field.append(character)
      }
    }
    endRow()
    return rows
  }

  /// Excel's own first line `sep=;`, which is no row, and what follows it.
  private static func declaration(in text: String) -> (separator: Character, rest: Substring)? {
    let line = text.prefix(16).prefix { !$0.isNewline }
    let value = line.filter { $0 != "\"" }
    guard value.count == 5, value.lowercased().hasPrefix("sep="), let separator = value.last else { return nil }
    return (separator, text[line.endIndex...].dropFirst())
  }

  /// The sign that stands most often in the first line.
  private static func separator(of text: Substring) -> Character {
    let line = text.prefix(4_096).prefix { !$0.isNewline }
    let counts = [",", ";", "\t"].map { sign in (sign, line.count { $0 == Character(sign) }) }
    return counts.max { $0.1 < $1.1 }.map { Character($0.0) } ?? ","
  }
}
