import RAGPrefetch

/// Reads the terms that a text is found by: folded stems, and pieces of phrases in scripts without spaces. Of one thread at a time.
final class TermReader {
  private var stemmers: [UInt32: Stemmer?] = [:]
  /// Stems of words that were met before; words repeat.
  private var known: [UInt32: [String: String]] = [:]
  private static let mostKnown = 200_000

  /// The terms in order.
  /// - Parameter language: at most one; none: words are folded and keep their endings.
  /// - Parameter isIndexed: adds the spelling without tone marks, where the marks make other words.
  func terms(of runs: [TextRun], in language: Languages, isIndexed: Bool = false) -> [String] {
    var terms: [String] = []
    terms.reserveCapacity(runs.count)
    for run in runs {
      if run.script == .spaced {
        terms.append(stem(run.text, in: language))
        if isIndexed, language == Self.tonal, let plain = Self.unmarked(run.text) { terms.append(plain) }
      } else {
        for piece in run.pieces { terms.append(Folding.folded(piece)) }
      }
    }
    return terms
  }

  /// The language that most of the commonest words are of; none where nothing tells.
  func language(of runs: [TextRun], among allowed: Languages? = nil) -> Languages {
    let words = runs.lazy.filter { $0.script == .spaced }.prefix(400).map { Folding.folded($0.text) }
    let likely = Languages.likely(for: words, among: allowed)
    // Of those that tie the most widely spoken one.
    return Languages(rawValue: likely.rawValue & ~(likely.rawValue &- 1))
  }

  /// Vietnamese: marks make words of their own, and are left out by many who type.
  static let tonal = Languages(code: "vi")

  /// Spelling of a word that was written without its marks, as a term; nil where the word has none.
  static func unmarked(_ word: String) -> String? {
    let plain = Folding.folded(word)
    return plain == word ? nil : plain + "~"
  }

  /// A word without its endings and accents; with its tone marks where they make words.
  func stem(_ word: String, in language: Languages) -> String {
    if let stem = known[language.rawValue]?[word] { return stem }
    // A number and a word of another alphabet have no endings that this language knows: Snowball leaves them alone.
    let stem = language == Self.tonal ? word : Folding.folded(stemmer(for: language)?.stem(word) ?? word)
    if known[language.rawValue, default: [:]].count >= Self.mostKnown { known[language.rawValue] = [:] }
    known[language.rawValue, default: [:]][word] = stem
    return stem
  }

  private func stemmer(for language: Languages) -> Stemmer? {
    if let made = stemmers[language.rawValue] { return made }
    let made = language.codes.first.flatMap { Stemmer(language: $0) }
    stemmers[language.rawValue] = .some(made)
    return made
  }
}
