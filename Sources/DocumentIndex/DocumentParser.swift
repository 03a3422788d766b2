/// Reads Markdown, HTML and plain text into headings and paragraphs.
enum DocumentParser {
  static let extensions: Set<String> = ["md", "markdown", "txt", "html", "htm"]

  static func parse(_ text: String, path: String) -> SourceDocument {
    let name = String(path.split(separator: "/").last ?? "")
    let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    switch ending {
    case "html", "htm": return sections(of: HTMLText.plain(text), path: path, hasHeadings: true, title: HTMLText.title(text))
    case "txt": return sections(of: text, path: path, hasHeadings: false, title: nil)
    default: return sections(of: text, path: path, hasHeadings: true, title: nil)
    }
  }

  private static func sections(of text: String, path: String, hasHeadings: Bool, title: String?) -> SourceDocument {
    var title = title
    var sections: [SourceDocument.Section] = []
    var headings: [(level: Int, text: String)] = []
    var current = SourceDocument.Section(headings: [], paragraphs: [])
    var paragraph: [String] = []
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    if hasHeadings { title = frontMatterTitle(&lines) ?? title }

    func endParagraph() {
      if !paragraph.isEmpty { current.paragraphs.append(paragraph.joined(separator: " ")) }
      paragraph = []
    }
    func endSection() {
      endParagraph()
      if !current.paragraphs.isEmpty { sections.append(current) }
    }
    for raw in lines {
      let line = raw.trimmed
      if hasHeadings, let heading = MarkdownText.heading(line) {
        endSection()
        headings.removeAll { $0.level >= heading.level }
        if title == nil, heading.level == 1 { title = heading.text } else { headings.append(heading) }
        current = SourceDocument.Section(headings: headings.map(\.text), paragraphs: [])
      } else if line.isEmpty || hasHeadings && MarkdownText.isRule(line) {
        endParagraph()
      } else {
        let plain = hasHeadings ? MarkdownText.plain(line) : String(line)
        // List items and table rows stand for themselves.
        if hasHeadings, MarkdownText.startsBlock(line) { endParagraph() }
        if !plain.isEmpty { paragraph.append(plain) }
      }
    }
    endSection()
    return SourceDocument(path: path, title: title ?? fallbackTitle(path, sections), sections: sections)
  }

  /// `title:` between two lines of `---` at the top, which are taken away.
  private static func frontMatterTitle(_ lines: inout ArraySlice<Substring>) -> String? {
    guard lines.first?.trimmed == "---", let end = lines.dropFirst().firstIndex(where: { $0.trimmed == "---" }) else { return nil }
    let matter = lines[lines.startIndex..<end]
    lines = lines[(end + 1)...]
    let line = matter.first { $0.lowercased().hasPrefix("title:") }
    return line.map { String($0.dropFirst(6).trimmed.filter { $0 != "\"" }) }
  }

  /// A short first line, or the file's name.
  private static func fallbackTitle(_ path: String, _ sections: [SourceDocument.Section]) -> String {
    if let first = sections.first?.paragraphs.first, first.count <= 80, sections.count > 1 || sections[0].paragraphs.count > 1 {
      return first
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    return stem.split { "-_ ".contains($0) }.joined(separator: " ")
  }
}

extension StringProtocol {
  /// Without white space at either end.
  var trimmed: SubSequence {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return self[startIndex..<startIndex]
    }
    return self[first...last]
  }
}
