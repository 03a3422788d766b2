import VoiceCore

/// The part of Markdown (CommonMark, and GitHub's tables) that matters to a search: headings, and what is not text.
enum MarkdownText {
  /// `## Heading ##`, with the marks in it. A line that is indented by four is code.
  static func heading(_ raw: Substring) -> (level: Int, text: Substring)? {
    guard !isIndented(raw) else { return nil }
    let line = raw.trimmed
    let level = line.prefix { $0 == "#" }.count
    guard (1...6).contains(level), line.dropFirst(level).first?.isWhitespace ?? true else { return nil }
    var text = line.dropFirst(level).trimmed
    // Signs that end a heading have a blank before them: C# keeps its own.
    let words = text.lastIndex { $0 != "#" }.map { text[...$0] } ?? ""
    if words.last?.isWhitespace ?? true { text = words.trimmed }
    return (level, text)
  }

  /// True for a line that is code where no paragraph and no list item goes on in it.
  static func isIndented(_ raw: Substring) -> Bool {
    let blanks = raw.prefix(4).prefix { $0 == " " }
    return blanks.count == 4 || raw.dropFirst(blanks.count).first == "\t"
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

  /// True for a line of nothing but the sign of an open fence, as often at least.
  static func closes(_ line: Substring, _ fence: (sign: Character, length: Int)) -> Bool {
    line.count >= fence.length && line.allSatisfy { $0 == fence.sign }
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
      // A sign that ends no cell is itself, in code too.
      if character == "|", isEscaped { cells[cells.count - 1].removeLast() }
      if character == "|", !isEscaped { cells.append("") } else { cells[cells.count - 1].append(character) }
      isEscaped = character == "\\" && !isEscaped
    }
    if cells.first?.trimmed.isEmpty == true { cells.removeFirst() }
    if cells.last?.trimmed.isEmpty == true { cells.removeLast() }
    return cells.map { String($0.trimmed) }
  }

  /// The label of `[label]: https://… "title"`: where a link leads, which is not text. Nil for a note and for a sentence.
  static func definition(_ line: Substring) -> String? {
    guard line.first == "[", let close = line.prefix(MarkdownInline.longest).firstIndex(of: "]") else { return nil }
    let after = line[line.index(after: close)...]
    let label = MarkdownInline.label(line[line.index(after: line.startIndex)..<close])
    guard after.first == ":", !label.isEmpty, label.first != "^" else { return nil }
    let target = after.dropFirst().trimmed
    let address = target.prefix { !$0.isWhitespace }
    guard address.first == "<" || address.contains(where: { "/#.".contains($0) }) else { return nil }
    let title = address.first == "<" ? target.drop { $0 != ">" }.dropFirst().trimmed : target[address.endIndex...].trimmed
    return title.isEmpty || "\"'(".contains(title.first ?? " ") ? label : nil
  }

  /// A list item or a quotation.
  static func startsBlock(_ line: Substring) -> Bool {
    if let first = line.first, "-*+>".contains(first) { return line.dropFirst().first?.isWhitespace ?? true || first == ">" }
    let number = line.prefix { $0.isNumber }
    return !number.isEmpty && line.dropFirst(number.count).first.map { ".)".contains($0) } == true
      && line.dropFirst(number.count + 1).first?.isWhitespace == true
  }

  /// A line without the marks of the quotations and list items that it begins; an item's number is text.
  static func withoutMarkers(_ line: Substring) -> Substring {
    var rest = line
    while let first = rest.first, first == ">" || "-*+".contains(first) && rest.dropFirst().first?.isWhitespace ?? true {
      rest = rest.dropFirst().trimmed
    }
    return rest
  }

  /// What a line holds behind all such marks and the number of an item.
  static func contents(_ line: Substring) -> Substring {
    let rest = withoutMarkers(line)
    let number = rest.prefix { $0.isNumber }
    guard !number.isEmpty, startsBlock(rest) else { return rest }
    return rest.dropFirst(number.count + 1).trimmed
  }

  /// A line without the signs of the quotation that it stands in; nil where it stands in none.
  static func quoted(_ line: Substring) -> Substring? {
    guard line.first == ">" else { return nil }
    var rest = line
    while rest.first == ">" { rest = rest.dropFirst().trimmed }
    return rest
  }

  /// Labels that the lines of a document define, outside of code.
  static func definitions(_ lines: some Sequence<Substring>) -> Set<String> {
    var labels: Set<String> = []
    var open: (sign: Character, length: Int)?
    for raw in lines {
      let line = raw.trimmed
      if let fence = open {
        if closes(quoted(line) ?? line, fence) { open = nil }
      } else if let fence = fence(contents(line)) {
        open = fence
      } else if let label = definition(line) {
        labels.insert(label)
      }
    }
    return labels
  }
}
