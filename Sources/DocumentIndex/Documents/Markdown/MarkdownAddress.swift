/// Where an inline link leads: `(address "title")` (CommonMark 0.31, section 6.3).
struct MarkdownAddress {
  /// Position after the closing bracket.
  let end: Int
  /// True where it can be nothing but an address: it is in angle brackets, has a title, or has a sign that words have not.
  let isPlain: Bool

  /// Nil where the text does not begin with one.
  init?(_ text: ArraySlice<Character>) {
    guard text.first == "(" else { return nil }
    var at = Self.skipBlanks(text, text.startIndex + 1)
    var isPlain = false
    if at < text.endIndex, text[at] == "<" {
      guard let close = text[at...].firstIndex(of: ">"), !text[at..<close].contains(where: \.isNewline) else { return nil }
      at = close + 1
      isPlain = true
    } else {
      guard let close = Self.endOfBare(text, at) else { return nil }
      isPlain = close == at || text[at..<close].contains { "/.#:?@".contains($0) }
      at = close
    }
    let blanks = Self.skipBlanks(text, at)
    if blanks > at, blanks < text.endIndex, let close = Self.closing[text[blanks]] {
      guard let end = Self.position(of: close, in: text, from: blanks + 1) else { return nil }
      isPlain = true
      at = Self.skipBlanks(text, end + 1)
    } else {
      at = blanks
    }
    guard at < text.endIndex, text[at] == ")" else { return nil }
    end = at + 1
    self.isPlain = isPlain
  }

  private static let closing: [Character: Character] = ["\"": "\"", "'": "'", "(": ")"]

  /// End of an address without blanks, whose brackets are in pairs.
  private static func endOfBare(_ text: ArraySlice<Character>, _ start: Int) -> Int? {
    var depth = 0
    var at = start
    while at < text.endIndex {
      switch text[at] {
      case "\\" where at + 1 < text.endIndex && !text[at + 1].isWhitespace: at += 1
      case "(": depth += 1
      case ")" where depth == 0: return at
      case ")": depth -= 1
      case let character where character.isWhitespace: return depth == 0 ? at : nil
      default: break
      }
      at += 1
    }
    return nil
  }

  private static func position(of sign: Character, in text: ArraySlice<Character>, from start: Int) -> Int? {
    var at = start
    while at < text.endIndex {
      if text[at] == sign { return at }
      at += text[at] == "\\" ? 2 : 1
    }
    return nil
  }

  private static func skipBlanks(_ text: ArraySlice<Character>, _ start: Int) -> Int {
    text[start...].prefix(while: \.isWhitespace).endIndex
  }
}
