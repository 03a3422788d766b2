/// Finds in background texts the sentence that fits a question, and says where it is from: what retrieval put there can be heard.
struct PassageFinder {
  /// System items, oldest first.
  var texts: [String]

  /// Nil where nothing is about the question.
  func passage(for question: String) -> String? {
    let wanted = Words.stems(question)
    var best: (score: Int, sentence: String, source: String?)?
    // The newest first: of two that fit alike, the later one counts.
    for text in texts.reversed() {
      for block in Self.blocks(of: text) {
        let source = Self.source(of: block)
        for sentence in Self.sentences(of: block) {
          let score = wanted.intersection(Words.stems(sentence)).count
          if score > best?.score ?? 0 { best = (score, sentence, source) }
        }
      }
    }
    guard let best else { return nil }
    return best.source.map { "\(best.sentence) That is from \($0)." } ?? best.sentence
  }

  /// Passages: what blank lines, fences, or lines that begin with a number in brackets keep apart.
  private static func blocks(of text: String) -> [String] {
    var blocks: [[Substring]] = [[]]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isBlank = line.allSatisfy(\.isWhitespace)
      if isBlank || isNumbered(line) || isFence(line) { blocks.append([]) }
      if !isBlank { blocks[blocks.count - 1].append(line) }
    }
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
  }

  private static func isNumbered(_ line: Substring) -> Bool {
    let digits = line.dropFirst().prefix(while: \.isNumber)
    return line.first == "[" && !digits.isEmpty && line.dropFirst(1 + digits.count).first == "]"
  }

  /// `<<<passage 1 | title: … | source: …>>>`, or its end.
  private static func isFence(_ line: some StringProtocol) -> Bool { line.hasPrefix("<<<") && line.hasSuffix(">>>") }

  /// Source of a passage: the text after "Source:", else the parentheses that end the first line, else the first line as a title.
  private static func source(of block: String) -> String? {
    if let marker = block.lowercased().firstRange(of: "source:") {
      let offset = block.lowercased().distance(from: block.lowercased().startIndex, to: marker.upperBound)
      let name = block.dropFirst(offset).drop(while: \.isWhitespace).prefix {
        !$0.isWhitespace && $0 != ")" && $0 != "]" && $0 != "," && $0 != ">"
      }
      let bare = name.last == "." ? name.dropLast() : name
      if !bare.isEmpty { return String(bare) }
    }
    guard let first = block.split(separator: "\n").first, isNumbered(first), block.contains("\n") else { return nil }
    let title = first.drop { $0 != "]" }.dropFirst().drop(while: \.isWhitespace)
    if title.last == ")", let open = title.lastIndex(of: "(") {
      let inside = title[title.index(after: open)...].dropLast()
      return inside.isEmpty ? nil : String(inside)
    }
    return title.isEmpty ? nil : String(title)
  }

  /// Sentences, without marks such as `[reference]` before them and without the naming of the source.
  private static func sentences(of block: String) -> [String] {
    var sentences: [String] = []
    var current = ""
    func take() {
      let words = current.split(whereSeparator: \.isWhitespace).drop { $0.first == "[" && $0.last == "]" }
      let sentence = words.joined(separator: " ")
      if words.count > 2, !sentence.lowercased().hasPrefix("source:"), !isFence(sentence) { sentences.append(sentence) }
      current = ""
    }
    for character in block {
      if character == "\n" {
        take()
        continue
      }
      if character.isWhitespace, let last = current.last, ".!?".contains(last) { take() }
      current.append(character)
    }
    take()
    return sentences.map { ".!?".contains($0.last ?? " ") ? $0 : "\($0)." }
  }
}
