/// HTML as lines of text; headings become lines that begin with `#`.
enum HTMLText {
  private static let blocks: Set<String> = [
    "address", "article", "aside", "blockquote", "br", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "td", "th", "tr",
    "ul", "option", "title", "body", "head", "html",
  ]
  /// Their content is not text.
  private static let skipped: Set<String> = ["script", "style", "template", "noscript", "svg", "head", "select"]

  static func title(_ html: String) -> String? {
    guard let start = html.range(ofTag: "title"), let end = html[start.upperBound...].firstRange(of: "<") else { return nil }
    let text = entitiesDecoded(html[start.upperBound..<end.lowerBound]).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return text.isEmpty ? nil : text
  }

  static func plain(_ html: String) -> String {
    var result = ""
    var rest = html[...]
    while let open = rest.firstIndex(of: "<") {
      append(rest[..<open], to: &result)
      rest = rest[open...]
      if rest.hasPrefix("<!--") {
        rest = rest.firstRange(of: "-->").map { rest[$0.upperBound...] } ?? ""
        continue
      }
      guard let close = rest.firstIndex(of: ">") else { return result }
      let tag = rest[rest.index(after: open)..<close]
      rest = rest[rest.index(after: close)...]
      let isEnd = tag.first == "/"
      let name = (isEnd ? tag.dropFirst() : tag).prefix { $0.isLetter || $0.isNumber }.lowercased()
      if !isEnd, skipped.contains(name), tag.last != "/" {
        rest = rest.range(ofEnd: name).map { rest[$0.upperBound...] } ?? ""
      } else if blocks.contains(name) {
        result += "\n\n"
        if !isEnd, name.count == 2, name.first == "h", let level = name.last?.wholeNumberValue {
          result += String(repeating: "#", count: level) + " "
        }
      }
    }
    append(rest, to: &result)
    return result
  }

  /// White space is one blank, and text does not begin a heading by itself.
  private static func append(_ text: Substring, to result: inout String) {
    let words = entitiesDecoded(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard !words.isEmpty else {
      if let last = result.last, !last.isWhitespace, !text.isEmpty { result += " " }
      return
    }
    if text.first?.isWhitespace == true, let last = result.last, !last.isWhitespace { result += " " }
    result += (result.last?.isNewline ?? true) && words.first == "#" ? "\\" + words : words
    if text.last?.isWhitespace == true { result += " " }
  }

  static func entitiesDecoded(_ text: Substring) -> String {
    guard text.contains("&") else { return String(text) }
    var result = ""
    var rest = text
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest[..<ampersand]
      rest = rest[rest.index(after: ampersand)...]
      let name = rest.prefix(10).prefix { $0 != ";" }
      let after = rest.index(rest.startIndex, offsetBy: name.count)
      if after < rest.endIndex, rest[after] == ";", let decoded = entity(name) {
        result += decoded
        rest = rest[rest.index(after: after)...]
      } else {
        result += "&"
      }
    }
    return result + rest
  }

  private static func entity(_ name: Substring) -> String? {
    if name.first == "#" {
      let isHex = name.dropFirst().first.map { "xX".contains($0) } ?? false
      let number = isHex ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
      return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
    if let plain = named[String(name)] { return plain }
    // eacute, Agrave, ccedil …: a letter and its accent.
    guard let letter = name.first, let accent = accents[String(name.dropFirst())] else { return nil }
    return String(Character(String(letter) + accent))
  }

  private static let named = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "rsquo": "’", "lsquo": "‘", "ldquo": "“", "rdquo": "”",
    "laquo": "«", "raquo": "»", "ndash": "–", "mdash": "—", "hellip": "…", "euro": "€", "pound": "£", "copy": "©", "deg": "°",
    "oelig": "œ", "OElig": "Œ", "aelig": "æ", "AElig": "Æ", "szlig": "ß", "middot": "·", "bull": "•", "times": "×",
  ]
  private static let accents = [
    "acute": "\u{301}", "grave": "\u{300}", "circ": "\u{302}", "uml": "\u{308}", "cedil": "\u{327}", "tilde": "\u{303}", "ring": "\u{30A}",
  ]
}

extension StringProtocol where SubSequence == Substring {
  /// The opening tag of an element, in small letters or capitals.
  fileprivate func range(ofTag name: String) -> Range<Index>? {
    for spelling in [name, name.uppercased()] {
      if let start = firstRange(of: "<" + spelling), let end = self[start.upperBound...].firstIndex(of: ">") {
        return start.lowerBound..<index(after: end)
      }
    }
    return nil
  }

  /// The closing tag of an element.
  fileprivate func range(ofEnd name: String) -> Range<Index>? {
    for spelling in [name, name.uppercased()] {
      if let start = firstRange(of: "</" + spelling), let end = self[start.upperBound...].firstIndex(of: ">") {
        return start.lowerBound..<index(after: end)
      }
    }
    return nil
  }
}
