import VoiceCore

/// Reads Markdown, HTML, tables and plain text into headings and paragraphs.
enum DocumentParser {
  static let extensions: Set<String> = ["md", "markdown", "txt", "text", "html", "htm", "xhtml", "csv", "tsv"]
  /// Name for messages.
  static let endings = ".md, .txt, .html, .csv; .pdf and .docx where their converters are installed"

  /// Extension of a path, in lower case.
  static func ending(of path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count > 1 ? parts.last.map { $0.lowercased() } ?? "" : ""
  }

  static func isHTML(_ path: String) -> Bool { ["html", "htm", "xhtml"].contains(ending(of: path)) }

  static func parse(_ read: DecodedText, path: String, as format: DocumentConverter.Format? = nil) -> SourceDocument {
    var document = parse(read.text, path: path, as: format)
    (document.brokenBytes, document.unknownCharset) = (read.brokenBytes, read.unknownCharset)
    return document
  }

  static func parse(_ text: String, path: String, as format: DocumentConverter.Format? = nil) -> SourceDocument {
    switch format {
    case .text: return sections(of: text, path: path, as: .plain, title: nil)
    case .markdown: return sections(of: text, path: path, as: .markdown, title: nil)
    case .html: return sections(of: HTMLText.plain(text), path: path, as: .outline, title: HTMLText.title(text))
    case .wordXML: return sections(of: WordXML.outline(text), path: path, as: .outline, title: nil)
    case nil: break
    }
    if isHTML(path) { return parse(text, path: path, as: .html) }
    switch ending(of: path) {
    case "csv", "tsv": return table(text, path: path)
    case "txt", "text": return parse(text, path: path, as: .text)
    default: return parse(text, path: path, as: .markdown)
    }
  }

  private static func table(_ text: String, path: String) -> SourceDocument {
    let rows = SeparatedValues.rows(of: text, separator: ending(of: path) == "tsv" ? "\t" : nil)
    let header = rows.first ?? []
    // A single row has no names above it.
    let paragraphs =
      rows.count > 1 ? rows.dropFirst().map { TableRow.text($0, header: header) } : rows.map { TableRow.text($0, header: []) }
    let sections = paragraphs.isEmpty ? [] : [SourceDocument.Section(headings: [], paragraphs: paragraphs)]
    return SourceDocument(path: path, title: name(of: path), sections: sections)
  }

  private static func sections(of text: String, path: String, as syntax: SectionReader.Syntax, title: String?) -> SourceDocument {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: { $0.isNewline || $0 == "\u{C}" || $0 == "\u{B}" })[...]
    let front = syntax == .markdown ? frontMatterTitle(&lines) : nil
    var reader = SectionReader(
      syntax: syntax, title: front ?? title, definitions: syntax == .markdown ? MarkdownText.definitions(lines) : [])
    for line in lines { reader.read(line) }
    reader.endSection()
    return SourceDocument(path: path, title: reader.title ?? fallbackTitle(path, reader.sections), sections: reader.sections)
  }

  /// `title:` between two lines of `---` at the top, which are taken away.
  private static func frontMatterTitle(_ lines: inout ArraySlice<Substring>) -> String? {
    guard lines.first?.trimmed == "---", let end = lines.dropFirst().firstIndex(where: { $0.trimmed == "---" }),
      lines[lines.startIndex..<end].dropFirst().contains(where: { $0.contains(":") })
    else { return nil }
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
    return name(of: path)
  }

  private static func name(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    return stem.split { "-_ ".contains($0) }.joined(separator: " ")
  }
}
