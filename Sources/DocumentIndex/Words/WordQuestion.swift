import RAGPrefetch

/// A question as terms: for each word the stems that it may have in the languages of the index, and how much it says.
struct WordQuestion: Sendable {
  struct Word: Sendable, Equatable {
    /// One for each language that the word may be of; different ones.
    var terms: [String]
    /// 1 for a word that says what is meant; less for the commonest.
    var weight: Float
    /// One of the commonest: a passage that lacks it lacks nothing.
    var isCommon: Bool
    /// A word that may stand in a longer one: `accord` in `votreaccord`, `garantie` in `garantieverlängerung`.
    var isExpanded: Bool
  }
  let words: [Word]
  /// False where no word says what is meant.
  let hasContent: Bool

  private static let mostWords = 64
  /// Weight of the commonest words: enough to rank passages that are otherwise alike.
  private static let commonWeight: Float = 0.3
  /// The same of pieces of phrases without spaces, of which a question has many more.
  private static let commonPieceWeight: Float = 0.1
  private static let shortestExpanded = 5

  /// - Parameter spoken: language of the question; nil: its words tell.
  /// - Parameter languages: those of the index.
  init(_ text: String, spoken declared: Languages? = nil, languages: Languages, reader: TermReader) {
    let runs = TextRun.runs(of: text).suffix(Self.mostWords)
    let folded = runs.map { $0.script == .spaced ? Folding.folded($0.text) : "" }
    let plainWords = folded.lazy.filter { !$0.isEmpty }
    let spoken = declared ?? Languages.likely(for: plainWords)
    let indexed = Languages.likely(for: plainWords, among: languages)
    // Where nothing tells the language, a word may be of any that the index has.
    let possible = (indexed.isEmpty ? languages : indexed).codes.compactMap { Languages(code: $0) }
    let isMarked = runs.contains { !$0.text.utf8.allSatisfy { $0 < 0x80 } }
    var words: [Word] = []
    for (run, plain) in zip(runs, folded) {
      guard run.script == .spaced else {
        words += Self.pieces(of: run)
        continue
      }
      var terms: [String] = []
      for language in possible {
        let stem = reader.stem(run.text, in: language)
        if !terms.contains(stem) { terms.append(stem) }
        if language == TermReader.tonal, !isMarked { terms.append(stem + "~") }
      }
      // As it stands in passages whose language is not known.
      if !terms.contains(plain), possible != [TermReader.tonal] { terms.append(plain) }
      let isCommon = StopWords.contains(plain, in: spoken)
      let isLong = plain.unicodeScalars.count >= Self.shortestExpanded && !plain.utf8.contains { (0x30...0x39).contains($0) }
      words.append(Word(terms: terms, weight: isCommon ? Self.commonWeight : 1, isCommon: isCommon, isExpanded: isLong && !isCommon))
    }
    self.words = words
    hasContent = words.contains { !$0.isCommon }
  }

  /// Pieces of a phrase without spaces. One that has a part of a word that says nothing crosses the end of a word.
  private static func pieces(of run: TextRun) -> [Word] {
    let scalars = Array(run.text.unicodeScalars)
    let marks = FunctionPhrases.marks(of: run, scalars)
    return zip(run.pieces, run.pieceRanges(of: scalars)).map { piece, range in
      let isCommon = marks[range].contains(true)
      return Word(
        terms: [Folding.folded(piece)], weight: isCommon ? commonPieceWeight : 1, isCommon: isCommon, isExpanded: false)
    }
  }
}
