import Logging

/// Writes text from outside into a log line for people, so that it can begin no line, no field and no other direction of reading.
enum LogText {
  /// A message: one line, whatever is in it.
  static func line(_ text: String) -> String {
    guard !text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }), text.unicodeScalars.contains(where: isHidden) else { return text }
    return text.unicodeScalars.map { isHidden($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
  }

  /// A value behind `key=`: in quotation marks where it could be read as several fields.
  static func value(_ text: String) -> String {
    guard text.isEmpty || text.unicodeScalars.contains(where: { $0 == "\"" || $0 == "=" || ($0.properties.isWhitespace && !isHidden($0)) })
    else { return line(text) }
    let inside = text.unicodeScalars.map { scalar in
      scalar == "\"" || scalar == "\\" ? "\\" + String(scalar) : isHidden(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return "\"" + inside.joined() + "\""
  }

  /// Controls, separators of lines, and marks that turn the direction of what stands beside them ("Trojan Source", CVE-2021-42574).
  static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: scalar.properties.isBidiControl
    }
  }
}
