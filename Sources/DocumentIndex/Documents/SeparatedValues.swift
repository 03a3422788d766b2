import VoiceCore

/// CSV (RFC 4180) and its kin with semicolons or tabs: rows of fields.
enum SeparatedValues {
  static func rows(of text: String) -> [[String]] {
    let separator = separator(of: text)
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

  /// The sign that stands most often in the first line.
  private static func separator(of text: String) -> Character {
    let line = text.prefix(4_096).prefix { !$0.isNewline }
    let counts = [",", ";", "\t"].map { sign in (sign, line.count { $0 == Character(sign) }) }
    return counts.max { $0.1 < $1.1 }.map { Character($0.0) } ?? ","
  }
}
