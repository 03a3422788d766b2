/// Tags and texts of HTML in order, as the HTML standard's tokenizer parts them. One pass over the text.
struct HTMLScanner: Sequence, IteratorProtocol {
  struct Tag: Equatable {
    /// Name in lower case.
    var name: String
    var isEnd = false
    /// `<br/>`; an end tag is none, whatever it is written like.
    var isEmpty = false
    var attributes: Substring = ""

    /// The value of an attribute, in small letters, without its quotation marks.
    func attribute(_ wanted: String) -> String? {
      var rest = attributes.lowercased()[...]
      while let found = rest.firstRange(of: wanted + "=") {
        let isWhole = found.lowerBound == rest.startIndex || rest[rest.index(before: found.lowerBound)].isWhitespace
        rest = rest[found.upperBound...]
        guard isWhole else { continue }
        if let quote = rest.first, quote == "\"" || quote == "'" { return String(rest.dropFirst().prefix { $0 != quote }) }
        return String(rest.prefix { !$0.isWhitespace && $0 != ">" && $0 != "/" })
      }
      return nil
    }
  }
  enum Token: Equatable {
    case text(Substring)
    case tag(Tag)
  }

  private var rest: Substring
  /// An element whose content is no markup, until its end tag.
  private var raw: String?
  static let rawElements: Set<String> = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"]

  init(_ html: String) { rest = html[...] }

  mutating func next() -> Token? {
    guard !rest.isEmpty else { return nil }
    if let name = raw {
      raw = nil
      let end = Self.endTag(name, in: rest) ?? rest.endIndex
      let text = rest[..<end]
      rest = rest[end...]
      if !text.isEmpty { return .text(text) }
    }
    let utf8 = rest.utf8
    guard utf8.first == UInt8(ascii: "<") else {
      let end = utf8.firstIndex(of: UInt8(ascii: "<")) ?? rest.endIndex
      return .text(take(until: end))
    }
    let second = utf8.dropFirst().first
    switch second {
    case UInt8(ascii: "!"):
      if rest.hasPrefix("<!--") {
        skipComment()
      } else {
        skip(past: ">")
      }
      // An empty text in the place of a comment: one round of a loop, not of a recursion that a file of comments could drive deep.
      return .text("")
    case UInt8(ascii: "?"):
      skip(past: ">")
      return .text("")
    case .some(let byte) where Self.isLetter(byte): return .tag(takeTag(isEnd: false))
    case UInt8(ascii: "/"):
      if let third = utf8.dropFirst(2).first, Self.isLetter(third) { return .tag(takeTag(isEnd: true)) }
      fallthrough
    default:
      // A sign that opens no tag is text.
      let after = utf8.index(after: rest.startIndex)
      let end = utf8[after...].firstIndex(of: UInt8(ascii: "<")) ?? rest.endIndex
      return .text(take(until: end))
    }
  }

  private mutating func take(until end: Substring.Index) -> Substring {
    defer { rest = rest[end...] }
    return rest[..<end]
  }

  /// A comment ends with `-->` or `--!>`, of which the dashes may be its own first ones: `<!-->` and `<!--->` are whole.
  private mutating func skipComment() {
    rest = rest.dropFirst(4)
    if rest.hasPrefix(">") || rest.hasPrefix("->") { return skip(past: ">") }
    let utf8 = rest.utf8
    var index = rest.startIndex
    while let dash = utf8[index...].firstIndex(of: UInt8(ascii: "-")) {
      let end = utf8[dash...].prefix(4)
      for sign in ["-->", "--!>"] where end.starts(with: sign.utf8) {
        rest = rest[utf8.index(dash, offsetBy: sign.utf8.count)...]
        return
      }
      index = utf8.index(after: dash)
    }
    rest = ""
  }

  private mutating func skip(past end: String) { rest = rest.firstRange(of: end).map { rest[$0.upperBound...] } ?? "" }

  private mutating func takeTag(isEnd: Bool) -> Tag {
    var body = rest.dropFirst(isEnd ? 2 : 1)
    let name = body.prefix { !$0.isWhitespace && $0 != ">" && $0 != "/" }
    body = body[name.endIndex...]
    var quote: UInt8?
    var end = body.endIndex
    var before: UInt8 = 0
    for index in body.utf8.indices {
      let byte = body.utf8[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: ">") {
        end = index
        break
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), before == UInt8(ascii: "=") {
        quote = byte
      }
      if byte != UInt8(ascii: " ") { before = byte }
    }
    let attributes = body[..<end]
    rest = end < body.endIndex ? body[body.utf8.index(after: end)...] : ""
    let tag = Tag(name: name.lowercased(), isEnd: isEnd, isEmpty: !isEnd && attributes.last == "/", attributes: attributes)
    if !isEnd, Self.rawElements.contains(tag.name), !tag.isEmpty { raw = tag.name }
    return tag
  }

  /// Position of `</name`, case-insensitive, where a blank, `/` or `>` ends the name: `</style'` is text of a style.
  private static func endTag(_ name: String, in text: Substring) -> Substring.Index? {
    let wanted = Array("</\(name)".utf8)
    let utf8 = text.utf8
    var index = utf8.startIndex
    while let open = utf8[index...].firstIndex(of: UInt8(ascii: "<")) {
      let candidate = utf8[open...].prefix(wanted.count)
      if candidate.elementsEqual(wanted, by: { ($0 | 0x20) == ($1 | 0x20) }) {
        if let next = utf8[candidate.endIndex...].first, " \t\n\u{C}\r/>".utf8.contains(next) { return open }
      }
      index = utf8.index(after: open)
    }
    return nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
}
