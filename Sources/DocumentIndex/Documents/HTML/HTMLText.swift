import VoiceCore

/// HTML as an outline: lines of text, headings with `#`, rows of tables with `|`.
enum HTMLText {
  /// Their content is not text.
  private static let skipped: Set<String> = [
    "script", "style", "template", "noscript", "svg", "math", "select", "iframe", "object", "title", "textarea", "button", "dialog",
  ]
  /// Elements of navigation, which are not content.
  private static let navigation: Set<String> = ["nav", "footer", "menu"]
  /// Elements allowed in a head; all others end it.
  private static let headElements: Set<String> = ["title", "meta", "link", "script", "style", "base", "noscript", "template"]

  static func title(_ html: String) -> String? {
    var isTitle = false
    for token in HTMLScanner(html) {
      switch token {
      case .text(let text) where isTitle:
        let words = entitiesDecoded(text).onOneLine
        return words.isEmpty ? nil : words
      case .text: break
      case .tag(let tag): isTitle = tag.name == "title" && !tag.isEnd
      }
    }
    return nil
  }

  static func plain(_ html: String) -> String {
    let tokens = Array(HTMLScanner(html))
    var ends: [String: Int] = [:]
    for case .tag(let tag) in tokens where tag.isEnd { ends[tag.name, default: 0] += 1 }
    var result = ""
    var isInHead = false
    /// The element whose content is left out, and how many of its name are open.
    var left: (name: String, depth: Int)?
    var table = Table()
    for token in tokens {
      guard case .tag(let tag) = token else {
        if case .text(let text) = token, left == nil, !isInHead { append(text, to: &result) }
        continue
      }
      if tag.isEnd { ends[tag.name, default: 1] -= 1 }
      if let open = left {
        if tag.name == open.name, !tag.isEmpty {
          left = tag.isEnd ? (open.depth > 1 ? (open.name, open.depth - 1) : nil) : (open.name, open.depth + 1)
        }
        continue
      }
      if tag.name == "head" {
        isInHead = !tag.isEnd
      } else if isInHead, !headElements.contains(tag.name), !tag.isEnd || HTMLElement.blocks.contains(tag.name) {
        isInHead = false
      }
      let isLeftOut = skipped.contains(tag.name) || navigation.contains(tag.name) || tag.attribute("role") == "navigation"
      // One that is never closed hides nothing.
      if !tag.isEnd, !tag.isEmpty, isLeftOut, ends[tag.name, default: 0] > 0 || HTMLScanner.rawElements.contains(tag.name) {
        left = (tag.name, 1)
        continue
      }
      if HTMLElement.blocks.contains(tag.name) { result += table.mark(tag) ?? "\n\n" }
      if !tag.isEnd, tag.name.utf8.count == 2, tag.name.first == "h", let level = tag.name.last?.wholeNumberValue {
        result += String(repeating: "#", count: level) + " "
      }
    }
    return result
  }

  /// A table whose first row names its columns becomes rows of an outline.
  private struct Table {
    private var hasHeader = false
    private var isFirstRow = true
    private var isInRow = false
    private var cells = 0
    /// Tables open in a cell, which are text of that cell.
    private var inner = 0

    /// Text to put in the place of the tag; nil for a plain end of a block.
    mutating func mark(_ tag: HTMLScanner.Tag) -> String? {
      if inner > 0 || tag.name == "table" && !tag.isEnd && hasHeader && isInRow {
        if tag.name == "table" { inner += tag.isEnd ? -1 : 1 }
        return tag.name == "tr" && tag.isEnd ? "; " : " "
      }
      switch (tag.name, tag.isEnd) {
      case ("table", _):
        let end = endRow()
        self = Table()
        return end.map { $0 + "\n\n" }
      case ("tr", false):
        let end = endRow()
        (isInRow, cells) = (true, 0)
        return hasHeader ? (end ?? "") + "| " : nil
      case ("tr", true): return endRow()
      case ("thead", _), ("tbody", _), ("tfoot", _): return hasHeader ? endRow() ?? "" : nil
      case ("th", false), ("td", false):
        cells += 1
        if isFirstRow, cells == 1, tag.name == "th" {
          hasHeader = true
          return "\n\n| "
        }
        return hasHeader ? (cells > 1 ? " | " : " ") : nil
      case ("th", true), ("td", true): return hasHeader ? " " : nil
      default: return hasHeader && isInRow && cells > 0 ? " " : nil
      }
    }

    private mutating func endRow() -> String? {
      guard isInRow else { return hasHeader ? "" : nil }
      defer { (isInRow, isFirstRow) = (false, false) }
      return hasHeader ? (isFirstRow ? " |\n|---|\n" : " |\n") : nil
    }
  }

  /// White space is one blank, and text does not begin a heading by itself.
  private static func append(_ text: Substring, to result: inout String) {
    let words = entitiesDecoded(text).onOneLine
    guard !words.isEmpty else {
      if let last = result.last, !last.isWhitespace, !text.isEmpty { result += " " }
      return
    }
    if text.first?.isWhitespace == true, let last = result.last, !last.isWhitespace { result += " " }
    result += (result.last?.isNewline ?? true) && (words.first == "#" || words.first == "|") ? "\\" + words : words
    if text.last?.isWhitespace == true { result += " " }
  }

  static func entitiesDecoded(_ text: Substring) -> String {
    guard text.contains("&") else { return String(text) }
    var result = ""
    var rest = text
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest[..<ampersand]
      rest = rest[rest.index(after: ampersand)...]
      let name = rest.prefix(10).prefix { $0 != ";" && $0 != "&" }
      let after = rest.index(rest.startIndex, offsetBy: name.count)
      if after < rest.endIndex, rest[after] == ";", let decoded = HTMLEntity.text(name) {
        result += decoded
        rest = rest[rest.index(after: after)...]
      } else {
        result += "&"
      }
    }
    return result + rest
  }
}
