/// Text of a question and its content words.
///
/// Two questions differ by their content words: folded, without the commonest words of the language that is spoken and without plural
/// endings; of a script without spaces, pieces that overlap.
package struct Question: Sendable, Equatable {
  package let text: String
  /// An estimate for scripts without spaces.
  package let wordCount: Int
  package let contentWords: Set<String>

  /// - Parameter language: language that is spoken; nil: the words tell.
  /// - Parameter text: question as heard.
  package init(_ text: String, in language: Languages? = nil) {
    self.text = text
    let runs = TextRun.runs(of: text)
    wordCount = runs.reduce(0) { $0 + $1.wordCount }
    let folded = runs.map { Folding.folded($0.text) }
    let spoken = language ?? Languages.likely(for: zip(runs, folded).lazy.filter { $0.0.script == .spaced }.map(\.1))
    var content: Set<String> = []
    for (run, word) in zip(runs, folded) {
      switch run.script {
      case .none, .ignored: break
      case .spaced:
        let isCommon = StopWords.contains(word, in: spoken) || Self.interjections.contains(word) || Self.isPartOfWord(word)
        if !isCommon { content.insert(Self.stem(word)) }
      case .hangul, .unspaced: content.formUnion(run.pieces)
      case .ideographic: content.formUnion(run.pieces.filter { !FunctionCharacters.isAll($0) })
      }
    }
    contentWords = content
  }

  /// The share of content words that `asked` does not have: 0 means it asks all of this, 1 nothing of it.
  package func novelty(since asked: Question) -> Double {
    guard !contentWords.isEmpty else { return 0 }
    return Double(contentWords.subtracting(asked.contentWords).count) / Double(contentWords.count)
  }

  /// The share of content words that stand in `words`.
  package func overlap(with words: Set<String>) -> Double {
    guard !contentWords.isEmpty else { return 0 }
    return Double(contentWords.intersection(words).count) / Double(contentWords.count)
  }

  /// Folded words; apostrophes and hyphens part them.
  package static func words(of text: String) -> [String] { TextRun.runs(of: text).map { Folding.folded($0.text) } }

  /// Sounds that are made in every language.
  private static let interjections: Set<String> = [
    "ok", "okay", "um", "uh", "uhm", "er", "erm", "hm", "hmm", "mm", "ah", "oh", "euh", "ahm",
  ]

  /// Letters that an apostrophe separates from a word: `l'heure`, `what's`. Other single letters have a meaning: vitamin C.
  private static func isPartOfWord(_ word: String) -> Bool { ["s", "t", "l", "d", "m", "n", "j", "qu", "ll", "re", "ve"].contains(word) }

  /// Returns a word without the endings of number and gender in many European languages.
  private static func stem(_ word: String) -> String {
    guard word.utf8.count > 3 else { return word }
    var stem = Substring(word)
    if let last = stem.last, last == "s" || last == "x" { stem.removeLast() }
    if stem.utf8.count > 3, stem.last == "e" { stem.removeLast() }
    return String(stem)
  }
}
