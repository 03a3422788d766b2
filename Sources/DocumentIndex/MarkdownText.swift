/// The little of Markdown that matters to a search: headings, and what is not text.
enum MarkdownText {
  /// `## Heading ##`.
  static func heading(_ line: Substring) -> (level: Int, text: String)? {
    let level = line.prefix { $0 == "#" }.count
    guard (1...6).contains(level), line.dropFirst(level).first?.isWhitespace == true else { return nil }
    var text = line.dropFirst(level).trimmed
    while text.last == "#" { text.removeLast() }
    return (level, plain(text.trimmed))
  }

  /// A thematic break, a code fence, the underline of a table's head.
  static func isRule(_ line: Substring) -> Bool {
    line.hasPrefix("```") || line.hasPrefix("~~~") || line.count >= 3 && line.allSatisfy { "-=*_|: ".contains($0) }
  }

  /// A list item, a table row or a quotation.
  static func startsBlock(_ line: Substring) -> Bool {
    if let first = line.first, "-*+|>".contains(first) { return true }
    let number = line.prefix { $0.isNumber }
    return !number.isEmpty && line.dropFirst(number.count).first.map { ".)".contains($0) } == true
  }

  /// The text of a line: emphasis, links and images are reduced to their words.
  static func plain(_ line: Substring) -> String {
    var rest = line
    if let first = rest.first, "-*+>".contains(first), rest.dropFirst().first?.isWhitespace == true { rest = rest.dropFirst().trimmed }
    var result = ""
    while let character = rest.first {
      rest.removeFirst()
      switch character {
      case "*", "`": continue
      case "_" where result.last?.isLetter != true || rest.first?.isLetter != true: continue
      case "|": result += result.isEmpty ? "" : " "
      case "!" where rest.first == "[": continue
      case "[":
        guard let close = rest.firstIndex(of: "]") else { continue }
        result += rest[..<close]
        rest = rest[rest.index(after: close)...]
        if rest.first == "(", let end = rest.firstIndex(of: ")") { rest = rest[rest.index(after: end)...] }
      case "\\" where rest.first?.isPunctuation == true: result.append(rest.removeFirst())
      default: result.append(character)
      }
    }
    return result.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
