import VoiceCore

/// Lines become sections: paragraphs under the headings above them.
struct SectionReader {
  enum Syntax {
    /// Paragraphs alone.
    case plain
    /// Headings and rows of tables are marked as in Markdown, all else is text as it stands; `\\` before a mark makes it text.
    case outline
    case markdown
  }
  let syntax: Syntax
  private(set) var title: String?
  private(set) var sections: [SourceDocument.Section] = []
  private var headings: [(level: Int, text: String)] = []
  private var current = SourceDocument.Section(headings: [], paragraphs: [])
  private var paragraph: [String] = []
  /// True where the paragraph is a list item or a quotation: a line below it makes no heading of it.
  private var isBlock = false
  /// The sign and length of the fence that a block of code stands between.
  private var fence: (sign: Character, length: Int)?
  /// Cells of a row that may name the columns of the rows below, and of one that does.
  private var lastRow: [String]?
  private var header: [String]?

  init(syntax: Syntax, title: String?) {
    self.syntax = syntax
    self.title = title
  }

  mutating func read(_ raw: Substring) {
    let line = raw.trimmed
    switch syntax {
    case .plain: if line.isEmpty { endParagraph() } else { paragraph.append(String(line)) }
    case .outline: readOutline(line)
    case .markdown: readMarkdown(line, raw)
    }
  }

  private mutating func readOutline(_ line: Substring) {
    let level = line.prefix { $0 == "#" }.count
    if line.isEmpty {
      endParagraph()
    } else if (1...6).contains(level), line.dropFirst(level).first?.isWhitespace ?? true {
      begin((level, String(line.dropFirst(level).trimmed)))
    } else if !readRow(line, isMarked: false) {
      paragraph.append(line.hasPrefix("\\#") || line.hasPrefix("\\|") ? String(line.dropFirst()) : String(line))
    }
  }

  private mutating func readMarkdown(_ line: Substring, _ raw: Substring) {
    if readFence(line) { return }
    if line.isEmpty {
      endParagraph()
    } else if MarkdownText.isDefinition(line) {
      return
    } else if let heading = MarkdownText.heading(raw) {
      begin(heading)
    } else if let level = MarkdownText.underline(line), lastRow == nil, !paragraph.isEmpty, !isBlock {
      let text = paragraph.joined(separator: " ")
      paragraph = []
      begin((level, text))
    } else if readRow(line, isMarked: true) {
      return
    } else if MarkdownText.isRule(line) {
      endParagraph()
    } else {
      // List items stand for themselves.
      if MarkdownText.startsBlock(line) {
        endParagraph()
        isBlock = true
      }
      let plain = MarkdownText.plain(line)
      if !plain.isEmpty { paragraph.append(plain) }
    }
  }

  /// A line of code is text, whatever it looks like.
  private mutating func readFence(_ line: Substring) -> Bool {
    if let open = fence {
      if MarkdownText.fence(line).map({ $0.sign == open.sign && $0.length >= open.length }) == true,
        line.allSatisfy({ $0 == open.sign || $0.isWhitespace })
      {
        fence = nil
        endParagraph()
      } else if !line.isEmpty {
        paragraph.append(String(line))
      }
      return true
    }
    guard let opening = MarkdownText.fence(line) else { return false }
    endParagraph()
    fence = opening
    return true
  }

  /// - Parameter isMarked: cells may hold emphasis and links.
  private mutating func readRow(_ line: Substring, isMarked: Bool) -> Bool {
    if let names = lastRow, MarkdownText.isTableRule(line) {
      header = names
      lastRow = nil
      return true
    }
    guard line.hasPrefix("|") || isMarked && header != nil && line.contains("|") else {
      flushRow()
      header = nil
      return false
    }
    flushRow()
    if !paragraph.isEmpty { endParagraph() }
    let cells = MarkdownText.cells(line).map { isMarked ? MarkdownText.plain($0[...]) : $0 }
    if let header {
      let text = TableRow.text(cells, header: header)
      if !text.isEmpty { current.paragraphs.append(text) }
    } else {
      lastRow = cells
    }
    return true
  }

  private mutating func flushRow() {
    guard let row = lastRow else { return }
    lastRow = nil
    let text = TableRow.text(row, header: [])
    if !text.isEmpty { current.paragraphs.append(text) }
  }

  private mutating func begin(_ heading: (level: Int, text: String)) {
    endSection()
    headings.removeAll { $0.level >= heading.level }
    if title == nil, heading.level == 1 { title = heading.text } else { headings.append(heading) }
    current = SourceDocument.Section(headings: headings.map(\.text).filter { $0 != title && !$0.isEmpty }, paragraphs: [])
  }

  private mutating func endParagraph() {
    flushRow()
    header = nil
    if !paragraph.isEmpty { current.paragraphs.append(paragraph.joined(separator: " ")) }
    paragraph = []
    isBlock = false
  }

  mutating func endSection() {
    endParagraph()
    if !current.paragraphs.isEmpty { sections.append(current) }
    current.paragraphs = []
  }
}
