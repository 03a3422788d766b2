import VoiceCore

/// Reads a `.env` file: one `NAME=value` a line, as Docker and systemd take it.
///
/// Blank lines and lines that begin with `#` are skipped, `export ` before a name is allowed. A value in single quotes is taken as it stands; in double
/// quotes `\n`, `\"` and `\\` are read as escapes, so that a PEM text fits on one line. Nothing is substituted.
enum EnvironmentFile {
  /// Throws ``SettingsError``, which names lines and never quotes them: they may hold secrets.
  static func parse(_ text: String) throws(SettingsError) -> [String: String] {
    var values: [String: String] = [:]
    var problems: [String] = []
    // A line feed behind a carriage return is one character of its own in Swift.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      let trimmed = String(line.trimmed)
      guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { continue }
      if let (name, value) = assignment(trimmed) {
        values[name] = value
      } else {
        problems.append("--env-file: line \(index + 1) is not well-formed; expected NAME=value")
      }
    }
    guard problems.isEmpty else { throw SettingsError(problems) }
    return values
  }

  /// Warnings for names that are no settings and were hardly meant to be anything else: a line each. Names with a prefix of the settings are
  /// judged wherever they come from.
  ///
  /// Only a file is looked at: the environment is full of the names of other programs.
  static func typos(among names: [String]) -> [String] {
    let known = Settings.table.map(\.name)
    return names.sorted().filter { $0.utf8.count > 4 && !known.contains($0) && !SettingsLoader.hasKnownPrefix($0) }.compactMap { name in
      ClosestMatch.typo(name, in: known).map { "\(name) in the --env-file is not a setting; did you mean \($0)?" }
    }
  }

  private static func assignment(_ line: String) -> (name: String, value: String)? {
    let start = line.hasPrefix("export ") ? line.dropFirst("export ".count) : line[...]
    guard let equals = start.firstIndex(of: "=") else { return nil }
    let name = String(start[..<equals].trimmed)
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first), name.utf8.allSatisfy(isNameByte) else {
      return nil
    }
    return unquoted(String(start[start.index(after: equals)...].trimmed)).map { (name, $0) }
  }

  private static func unquoted(_ text: String) -> String? {
    guard let quote = text.first, quote == "\"" || quote == "'" else { return text }
    guard text.count >= 2, text.last == quote else { return nil }
    let inner = text.dropFirst().dropLast()
    return quote == "'" ? (inner.contains("'") ? nil : String(inner)) : unescaped(inner)
  }

  /// Returns nil for a quote without a backslash before it and for a backslash at the end.
  private static func unescaped(_ text: Substring) -> String? {
    var result = ""
    var rest = text
    while let character = rest.popFirst() {
      guard character == "\\" else {
        if character == "\"" { return nil }
        result.append(character)
        continue
      }
      switch rest.popFirst() {
      case "n": result.append("\n")
      case let escaped? where escaped == "\"" || escaped == "\\" || escaped == "$": result.append(escaped)
      case let other?: result += "\\\(other)"
      case nil: return nil
      }
    }
    return result
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
