import VoiceCore

/// The part of Markdown (CommonMark, and GitHub's tables) that matters to a search: headings, and what is not text.
enum MarkdownText {
  /// `## Heading ##`. A line that is indented by four is code.
  static func heading(_ raw: Substring) -> (level: Int, text: String)? {
    guard raw.prefix(4).prefix(while: { $0 == " " }).count < 4, raw.first != "\t" else { return nil }
    let line = raw.trimmed
    let level = line.prefix { $0 == "#" }.count
    guard (1...6).contains(level), line.dropFirst(level).first?.isWhitespace ?? true else { return nil }
    var text = line.dropFirst(level).trimmed
    while text.last == "#" { text.removeLast() }
    return (level, plain(text.trimmed))
  }

  /// The level that a line of `=` or `-` makes of the paragraph above it.
  static func underline(_ line: Substring) -> Int? {
    guard let sign = line.first, sign == "=" || sign == "-", line.allSatisfy({ $0 == sign }) else { return nil }
    return sign == "=" ? 1 : 2
  }

  /// The fence that begins or ends a block of code.
  static func fence(_ line: Substring) -> (sign: Character, length: Int)? {
    guard let sign = line.first, sign == "`" || sign == "~" else { return nil }
    let length = line.prefix { $0 == sign }.count
    guard length >= 3, sign == "~" || !line.dropFirst(length).contains("`") else { return nil }
    return (sign, length)
  }

  /// A thematic break.
  static func isRule(_ line: Substring) -> Bool { line.count >= 3 && line.allSatisfy { "-=*_|: +".contains($0) } }

  /// The line between the names of a table's columns and its rows.
  static func isTableRule(_ line: Substring) -> Bool { line.contains("-") && line.allSatisfy { "-|: ".contains($0) } }

  /// The cells of a table's row.
  static func cells(_ line: Substring) -> [String] {
    var cells = [""]
    var isEscaped = false
    for character in line {
      if character == "|", !isEscaped { cells.append("") } else { cells[cells.count - 1].append(character) }
      isEscaped = character == "\\" && !isEscaped
    }
    if cells.first?.trimmed.isEmpty == true { cells.removeFirst() }
    if cells.last?.trimmed.isEmpty == true { cells.removeLast() }
    return cells.map { String($0.trimmed) }
  }

  /// `[ref]: https://…`: where a link leads, which is not text.
  static func isDefinition(_ line: Substring) -> Bool {
    guard line.first == "[", let close = line.firstIndex(of: "]") else { return false }
    let after = line[line.index(after: close)...]
    return after.first == ":" && line[line.index(after: line.startIndex)..<close].first.map { $0 != "^" } == true
      && after.dropFirst().trimmed.split(whereSeparator: \.isWhitespace).first.map {
        $0.contains("/") || $0.contains("#") || $0.contains(".")
      }
        == true
  }

  /// A list item or a quotation.
  static func startsBlock(_ line: Substring) -> Bool {
    if let first = line.first, "-*+>".contains(first) { return line.dropFirst().first?.isWhitespace ?? true || first == ">" }
    let number = line.prefix { $0.isNumber }
    return !number.isEmpty && line.dropFirst(number.count).first.map { ".)".contains($0) } == true
      && line.dropFirst(number.count + 1).first?.isWhitespace == true
  }

  /// The text of a line: emphasis, links, images and tags are reduced to their words.
  static func plain(_ line: Substring) -> String {
    var rest = line
    while let first = rest.first, "-*+>".contains(first), rest.dropFirst().first?.isWhitespace == true { rest = rest.dropFirst().trimmed }
    return words(rest, depth: 0).onOneLine
  }

  private static let deepest = 4
  /// A link's words and its address are no longer than this: looking for their end costs no more.
  private static let longestLink = 1_000

  private static func words(_ text: Substring, depth: Int) -> String {
    var rest = text
    var result = ""
    while let character = rest.first {
      let here = rest
      rest.removeFirst()
      switch character {
      case "*", "`": continue
      case "_" where result.last.map { !$0.isLetter && !$0.isNumber } ?? true || rest.first.map { !$0.isLetter && !$0.isNumber } ?? true:
        continue
      case "!" where rest.first == "[" && link(rest) != nil: continue
      case "[":
        guard depth < deepest, let link = link(here) else {
          result.append(character)
          continue
        }
        result += words(link.words, depth: depth + 1)
        rest = rest[link.end...]
      case "<":
        if let first = rest.first, first.isLetter || first == "/" || first == "!", let close = rest.prefix(longestLink).firstIndex(of: ">")
        {
          let inside = rest[..<close]
          // An address in angle brackets is text, a tag is not.
          if inside.contains(":") && !inside.contains(" ") || inside.contains("@") { result += inside }
          rest = rest[rest.index(after: close)...]
        } else {
          result.append(character)
        }
      case "\\" where rest.first?.isPunctuation == true || rest.first?.isSymbol == true: result.append(rest.removeFirst())
      default: result.append(character)
      }
    }
    return result
  }

  /// `[words](address)`, `[words][reference]`, `[words][]`, of which the first character is the bracket. Nil where the bracket is text.
  private static func link(_ text: Substring) -> (words: Substring, end: Substring.Index)? {
    guard text.first == "[", let close = matching(text, "[", "]") else { return nil }
    let words = text[text.index(after: text.startIndex)..<close]
    let after = text[text.index(after: close)...]
    switch after.first {
    case "(":
      guard let end = matching(after, "(", ")") else { return nil }
      return (words, text.index(after: end))
    case "[":
      guard let end = matching(after, "[", "]") else { return nil }
      return (words, text.index(after: end))
    default: return nil
    }
  }

  private static func matching(_ text: Substring, _ open: Character, _ close: Character) -> Substring.Index? {
    var depth = 0
    for index in text.prefix(longestLink).indices {
      if text[index] == open { depth += 1 }
      if text[index] == close { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}
