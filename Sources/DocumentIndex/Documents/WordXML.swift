import VoiceCore

/// `word/document.xml` of a DOCX as an outline: paragraphs, headings by their style, rows of tables.
enum WordXML {
  static func outline(_ xml: String) -> String {
    var result = ""
    var line = ""
    var level = 0
    var isText = false
    var isInTable = 0
    var cells: [String] = []
    var isFirstRow = true
    var isFallback = false
    func end() {
      let text = line.trimmed
      if !text.isEmpty {
        result +=
          level > 0
          ? String(repeating: "#", count: level) + " " + text : text.first == "#" || text.first == "|" ? "\\" + text : String(text)
      }
      result += "\n\n"
      line = ""
      level = 0
    }
    for token in HTMLScanner(xml) {
      // What older programs are to show in place of a text box: the same words again.
      if case .tag(let tag) = token, tag.name == "mc:fallback", !tag.isEmpty { isFallback = !tag.isEnd }
      if isFallback { continue }
      switch token {
      case .text(let text): if isText { line += HTMLText.entitiesDecoded(text) }
      case .tag(let tag):
        switch (tag.name, tag.isEnd) {
        case ("w:t", let isEnd): isText = !isEnd && !tag.isEmpty
        case ("w:tab", false), ("w:br", false), ("w:cr", false): line += " "
        case ("w:pstyle", false): level = Self.level(tag.attribute("w:val") ?? "")
        case ("w:p", true): if isInTable > 0 { line += " " } else { end() }
        case ("w:tbl", false):
          isInTable += 1
          if isInTable == 1 { isFirstRow = true }
        case ("w:tbl", true):
          isInTable = max(0, isInTable - 1)
          if isInTable == 0 { result += "\n\n" }
        // A table in a cell is text of that cell.
        case ("w:tc", true) where isInTable > 1: line += " "
        case ("w:tr", true) where isInTable > 1: line += "; "
        case ("w:tc", true):
          cells.append(String(line.trimmed).replacing("|", with: " "))
          line = ""
        case ("w:tr", true):
          result += "| " + cells.joined(separator: " | ") + " |\n" + (isFirstRow ? "|---|\n" : "")
          isFirstRow = false
          cells = []
          level = 0
        default: break
        }
      }
    }
    end()
    return result
  }

  /// `Heading1`, `Title`, and what Word calls them in other languages.
  private static func level(_ style: String) -> Int {
    let name = style.lowercased()
    if name == "title" || name == "titel" || name == "titre" { return 1 }
    guard let digit = name.last?.wholeNumberValue, (1...6).contains(digit) else { return 0 }
    let isHeading = ["heading", "berschrift", "titre", "titolo", "ttulo", "título", "kop", "rubrik"].contains { name.contains($0) }
    return isHeading ? digit : 0
  }
}
