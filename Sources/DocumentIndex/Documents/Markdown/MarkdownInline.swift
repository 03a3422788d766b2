import VoiceCore

/// The text of one paragraph of Markdown, without its marks (CommonMark 0.31, section 6, and GitHub's strikethrough).
///
/// Code spans stand as they are written; emphasis, links, images and tags are reduced to their words. A sign that marks nothing is text.
struct MarkdownInline {
  /// A `[` or `![` that may begin a link.
  private struct Bracket {
    let part: Int
    let isImage: Bool
    /// Position after it.
    let start: Int
    let delimiters: Int
  }

  /// Longest address, tag or label: looking for its end costs no more.
  static let longest = 1_000
  private static let marks: Set<Character> = ["\\", "`", "*", "_", "~", "[", "]", "!", "<", "&"]

  private let characters: [Character]
  private let definitions: Set<String>
  /// Positions of the runs of backticks, in order, by their length.
  private var fences: [Int: [Int]] = [:]
  private var index = 0
  private var parts: [String] = [""]
  private var delimiters: [MarkdownEmphasis.Delimiter] = []
  private var brackets: [Bracket] = []
  /// Brackets below this count hold a link already, and are no links.
  private var closed = 0

  /// - Parameter definitions: labels that the document defines, as ``label(_:)`` writes them.
  static func text(_ markdown: some StringProtocol, definitions: Set<String> = []) -> String {
    guard markdown.contains(where: marks.contains) else { return markdown.onOneLine }
    var inline = MarkdownInline(markdown, definitions)
    return inline.read().onOneLine
  }

  /// The form in which labels are compared.
  static func label(_ text: some StringProtocol) -> String { text.onOneLine.lowercased() }

  private init(_ markdown: some StringProtocol, _ definitions: Set<String>) {
    characters = Array(markdown)
    self.definitions = definitions
    var at = 0
    while at < characters.count {
      let length = run(at: at)
      if characters[at] == "`" { fences[length, default: []].append(at) }
      at += length
    }
  }

  /// Number of equal characters from a position on.
  private func run(at start: Int) -> Int {
    var end = start + 1
    while end < characters.count, characters[end] == characters[start] { end += 1 }
    return end - start
  }

  private mutating func read() -> String {
    while index < characters.count {
      let character = characters[index]
      switch character {
      case "\\": readEscape()
      case "`": readCode()
      case "*", "_", "~": readDelimiter(character)
      case "[": open(isImage: false)
      case "!" where index + 1 < characters.count && characters[index + 1] == "[": open(isImage: true)
      case "]": closeBracket()
      case "<": readAngle()
      case "&": readEntity()
      default: append(character)
      }
    }
    balance(from: 0)
    return parts.joined()
  }

  private mutating func append(_ character: Character) {
    parts[parts.count - 1].append(character)
    index += 1
  }

  private mutating func append(_ text: ArraySlice<Character>, to end: Int) {
    parts[parts.count - 1].append(contentsOf: text)
    index = end
  }

  /// Begins a part of its own for a mark, of which may be nothing left; answers its number.
  private mutating func addPart(_ mark: String) -> Int {
    parts.append(mark)
    parts.append("")
    return parts.count - 2
  }

  // MARK: Escapes, code and tags

  private mutating func readEscape() {
    index += 1
    guard index < characters.count else { return append(["\\"], to: index) }
    let next = characters[index]
    // A backslash at the end of a line is a line end.
    if next.isNewline { return }
    if next.isASCII, next.isPunctuation || next.isSymbol { append(next) } else { append(["\\"], to: index) }
  }

  private mutating func readCode() {
    let length = run(at: index)
    let start = index + length
    guard let end = fence(length, from: start) else { return append(characters[index..<start], to: start) }
    append(characters[start..<end], to: end + length)
  }

  /// The next run of backticks of a length.
  private func fence(_ length: Int, from start: Int) -> Int? {
    guard let places = fences[length] else { return nil }
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < start { low = middle + 1 } else { high = middle }
    }
    return low < places.count ? places[low] : nil
  }

  private mutating func readEntity() {
    let text = characters[index...].prefix(12)
    guard let end = text.firstIndex(of: ";") else { return append("&") }
    append(Array(HTMLText.entitiesDecoded(String(text[...end])[...]))[...], to: end + 1)
  }

  private mutating func readAngle() {
    let text = characters[(index + 1)...].prefix(Self.longest)
    if let end = MarkdownTag.endOfAddress(text) {
      append(text[..<end], to: end + 1)
    } else if let tag = MarkdownTag.tag(text) {
      // Words of two lines are not one word.
      append(HTMLElement.blocks.contains(tag.name) ? [" "] : [], to: tag.end)
    } else {
      append("<")
    }
  }

  // MARK: Emphasis

  private mutating func readDelimiter(_ sign: Character) {
    let length = run(at: index)
    let before = index > 0 ? characters[index - 1] : " "
    let after = index + length < characters.count ? characters[index + length] : " "
    let isLeft = !after.isWhitespace && (!Self.isMark(after) || before.isWhitespace || Self.isMark(before))
    let isRight = !before.isWhitespace && (!Self.isMark(before) || after.isWhitespace || Self.isMark(after))
    let isAlone = sign != "_"
    let canOpen = isLeft && (isAlone || !isRight || Self.isMark(before))
    let canClose = isRight && (isAlone || !isLeft || Self.isMark(after))
    // Arithmetic as people write it: 2*3*4.
    let isArithmetic = sign == "*" && length == 1 && before.isNumber && after.isNumber
    let text = String(repeating: sign, count: length)
    if canOpen || canClose, !isArithmetic, sign != "~" || length == 2 {
      let part = addPart(text)
      delimiters.append(.init(part: part, sign: sign, length: length, left: length, canOpen: canOpen, canClose: canClose))
      index += length
    } else {
      append(characters[index..<(index + length)], to: index + length)
    }
  }

  private static func isMark(_ character: Character) -> Bool { character.isPunctuation || character.isSymbol }

  /// Takes the signs of all emphasis from a delimiter on away.
  private mutating func balance(from bottom: Int) {
    for delimiter in MarkdownEmphasis.balanced(Array(delimiters[bottom...])) {
      parts[delimiter.part] = String(repeating: delimiter.sign, count: delimiter.left)
    }
    delimiters.removeSubrange(bottom...)
  }

  // MARK: Links

  private mutating func open(isImage: Bool) {
    let part = addPart(isImage ? "![" : "[")
    index += isImage ? 2 : 1
    brackets.append(Bracket(part: part, isImage: isImage, start: index, delimiters: delimiters.count))
  }

  private mutating func closeBracket() {
    guard let bracket = brackets.popLast() else { return append("]") }
    let isClosed = brackets.count < closed && !bracket.isImage
    closed = min(closed, brackets.count)
    guard !isClosed, let end = endOfLink(bracket) else { return append("]") }
    balance(from: bracket.delimiters)
    parts[bracket.part] = ""
    index = end
    // A link holds no other.
    if !bracket.isImage { closed = brackets.count }
  }

  /// Position after a link or image, of which the closing bracket of the words is at `index`. Nil where the brackets are text.
  private func endOfLink(_ bracket: Bracket) -> Int? {
    let after = index + 1
    let text = characters[after...].prefix(Self.longest)
    if let address = MarkdownAddress(text), address.isPlain || !isSubscript(bracket) { return address.end }
    guard !definitions.isEmpty else { return nil }
    if text.first == "[", let close = text.dropFirst().firstIndex(where: { $0 == "]" || $0 == "[" }), characters[close] == "]",
      close > after + 1
    {
      return isDefined(characters[(after + 1)..<close]) ? close + 1 : nil
    }
    guard isDefined(characters[bracket.start..<index]) else { return nil }
    return text.starts(with: ["[", "]"]) ? after + 2 : after
  }

  private func isDefined(_ label: ArraySlice<Character>) -> Bool {
    label.count < Self.longest && definitions.contains(Self.label(String(label)))
  }

  /// True for brackets that follow a word, a call or other brackets, as in `f(x)[0](y)`.
  private func isSubscript(_ bracket: Bracket) -> Bool {
    guard !bracket.isImage, bracket.start > 1 else { return false }
    let before = characters[bracket.start - 2]
    return before.isLetter || before.isNumber || before == ")" || before == "]"
  }
}
