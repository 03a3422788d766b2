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
  /// True where the paragraph is code, which has no marks in it.
  private var isCode = false
  /// True below a list item, as long as lines are indented or items.
  private var isInList = false
  /// True where the paragraph is a list item or a quotation: a line below it makes no heading of it.
  private var isBlock = false
  /// The sign and length of the fence that a block of code stands between.
  private var fence: (sign: Character, length: Int)?
  /// True where that block stands in a quotation, and ends with it.
  private var isQuoted = false
  /// Labels of Markdown that the whole document defines.
  private let definitions: Set<String>
  /// Cells of a row that may name the columns of the rows below, and of one that does.
  private var lastRow: [String]?
  private var header: [String]?

  /// - Parameter definitions: labels of links, as ``MarkdownText/definitions(_:)`` finds them.
  init(syntax: Syntax, title: String?, definitions: Set<String> = []) {
    self.syntax = syntax
    self.title = title
    self.definitions = definitions
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
    let isIndented = MarkdownText.isIndented(raw)
    if line.isEmpty {
      endParagraph()
    } else if isIndented, isCode || paragraph.isEmpty && !isInList {
      if !isCode { endParagraph() }
      isCode = true
      paragraph.append(String(line))
    } else {
      if isCode { endParagraph() }
      readText(line, raw)
    }
  }

  private mutating func readText(_ line: Substring, _ raw: Substring) {
    // A definition does not break a paragraph: there it is text.
    if paragraph.isEmpty, lastRow == nil, MarkdownText.definition(line) != nil {
      return
    } else if let heading = MarkdownText.heading(raw) {
      isInList = false
      begin((heading.level, plain(heading.text)))
    } else if let level = MarkdownText.underline(line), lastRow == nil, !paragraph.isEmpty, !isBlock {
      let text = plain(paragraph.joined(separator: "\n"))
      paragraph = []
      begin((level, text))
    } else if readRow(line, isMarked: true) {
      return
    } else if MarkdownText.isRule(line) {
      endParagraph()
      isInList = false
    } else {
      // List items stand for themselves.
      if MarkdownText.startsBlock(line) {
        endParagraph()
        isBlock = true
        isInList = line.first != ">"
      } else if paragraph.isEmpty, raw.first?.isWhitespace != true {
        isInList = false
      }
      let text = MarkdownText.withoutMarkers(line)
      if !text.isEmpty { paragraph.append(String(text)) }
    }
  }

  private func plain(_ text: some StringProtocol) -> String { MarkdownInline.text(text, definitions: definitions) }

  /// A line of code is text, whatever it looks like.
  private mutating func readFence(_ line: Substring) -> Bool {
    if let open = fence {
      guard let line = isQuoted ? MarkdownText.quoted(line) : line else {
        endCode()
        return false
      }
      if MarkdownText.closes(line, open) {
        endCode()
      } else if !line.isEmpty {
        paragraph.append(String(line))
      }
      return true
    }
    guard let opening = MarkdownText.fence(MarkdownText.contents(line)) else { return false }
    endParagraph()
    fence = opening
    isCode = true
    isQuoted = line.first == ">"
    if MarkdownText.startsBlock(line), !isQuoted { isInList = true }
    return true
  }

  private mutating func endCode() {
    fence = nil
    endParagraph()
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
    let cells = MarkdownText.cells(line).map { isMarked ? plain(MarkdownText.withoutMarkers($0[...])) : $0 }
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
    let isMarked = syntax == .markdown && !isCode
    let text = isMarked ? plain(paragraph.joined(separator: "\n")) : paragraph.joined(separator: " ")
    if !text.isEmpty { current.paragraphs.append(text) }
    paragraph = []
    isBlock = false
    isCode = false
  }

  mutating func endSection() {
    endParagraph()
    if !current.paragraphs.isEmpty { sections.append(current) }
    current.paragraphs = []
  }
}
