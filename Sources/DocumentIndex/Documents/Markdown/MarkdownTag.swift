/// What stands in angle brackets in Markdown: addresses and tags (CommonMark 0.31, sections 6.5 and 6.6). A text begins after its `<`.
enum MarkdownTag {
  /// Position of the `>` that ends an address; nil where the brackets hold none.
  static func endOfAddress(_ text: ArraySlice<Character>) -> Int? {
    guard let end = text.firstIndex(where: { $0 == ">" || $0 == "<" || $0.isWhitespace }), text[end] == ">" else { return nil }
    let inside = text[..<end]
    guard let colon = inside.firstIndex(of: ":") else { return isMail(inside) ? end : nil }
    let scheme = inside[..<colon]
    let isScheme =
      (2...32).contains(scheme.count) && isLetter(scheme.first)
      && scheme.allSatisfy { isLetter($0) || $0.isASCII && $0.isNumber || "+.-".contains($0) }
    return isScheme || isMail(inside) ? end : nil
  }

  private static func isMail(_ text: ArraySlice<Character>) -> Bool {
    guard let sign = text.firstIndex(of: "@"), sign > text.startIndex, sign + 1 < text.endIndex else { return false }
    return text[(sign + 1)...].allSatisfy { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" }
  }

  /// Name of a tag of HTML's, and the position after it; comments and declarations have an empty name. Nil where the `<` is text.
  static func tag(_ text: ArraySlice<Character>) -> (name: String, end: Int)? {
    switch text.first {
    case "!": return endOfDeclaration(text).map { ("", $0) }
    case "?": return position(after: ["?", ">"], in: text).map { ("", $0) }
    case "/":
      let name = text.dropFirst().prefix(while: isNameCharacter)
      let end = skipBlanks(text, name.endIndex)
      guard let known = element(name), character(text, end) == ">" else { return nil }
      return (known, end + 1)
    default:
      let name = text.prefix(while: isNameCharacter)
      guard let known = element(name), var end = endOfAttributes(text, name.endIndex) else { return nil }
      if character(text, end) == "/" { end += 1 }
      return character(text, end) == ">" ? (known, end + 1) : nil
    }
  }

  private static func endOfDeclaration(_ text: ArraySlice<Character>) -> Int? {
    if text.starts(with: "!-->") || text.starts(with: "!--->") { return position(after: [">"], in: text) }
    if text.starts(with: "!--") { return position(after: ["-", "-", ">"], in: text.dropFirst(3)) }
    if text.starts(with: "![CDATA[") { return position(after: ["]", "]", ">"], in: text) }
    return isLetter(text.dropFirst().first) ? position(after: [">"], in: text) : nil
  }

  private static func position(after end: [Character], in text: ArraySlice<Character>) -> Int? {
    var index = text.startIndex
    while index + end.count <= text.endIndex {
      if text[index..<(index + end.count)].elementsEqual(end) { return index + end.count }
      index += 1
    }
    return nil
  }

  private static func element(_ name: ArraySlice<Character>) -> String? {
    guard isLetter(name.first) else { return nil }
    let known = String(name).lowercased()
    return HTMLElement.names.contains(known) ? known : nil
  }

  /// Position after all attributes and the blanks behind them; nil where one is not well-formed.
  private static func endOfAttributes(_ text: ArraySlice<Character>, _ start: Int) -> Int? {
    var end = start
    while true {
      let next = skipBlanks(text, end)
      let name = text[next...].prefix { isNameCharacter($0) || "_:.".contains($0) }
      guard let first = name.first, isLetter(first) || first == "_" || first == ":" else { return next }
      // A blank stands before each.
      guard next > end else { return nil }
      end = name.endIndex
      let sign = skipBlanks(text, end)
      guard character(text, sign) == "=" else { continue }
      let value = skipBlanks(text, sign + 1)
      if let quote = character(text, value), quote == "\"" || quote == "'" {
        guard let close = text[(value + 1)...].firstIndex(of: quote) else { return nil }
        end = close + 1
      } else {
        let bare = text[value...].prefix { !$0.isWhitespace && !"\"'=<>`".contains($0) }
        guard !bare.isEmpty else { return nil }
        end = bare.endIndex
      }
    }
  }

  private static func skipBlanks(_ text: ArraySlice<Character>, _ start: Int) -> Int {
    text[start...].prefix(while: \.isWhitespace).endIndex
  }

  private static func character(_ text: ArraySlice<Character>, _ index: Int) -> Character? {
    text.indices.contains(index) ? text[index] : nil
  }

  private static func isLetter(_ character: Character?) -> Bool { character.map { $0.isASCII && $0.isLetter } ?? false }

  private static func isNameCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber) || character == "-"
  }
}
