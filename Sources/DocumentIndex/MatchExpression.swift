/// A question as FTS5 takes it: any of its words may match, by itself or by its stem.
///
/// Every passage that a word stands in costs time to rank. Words that stand in many say little about which one is meant, so the rarest
/// come first, as far as the budget goes.
struct MatchExpression {
  /// More words than this say no more, and cost time.
  private static let mostTerms = 24
  /// Passages that may be ranked: a few milliseconds' worth.
  private static let budget = 3_000

  let text: String
  /// False where all words stand in more passages than can be ranked: then any that has them is as good as another.
  let isRanked: Bool

  private struct Part {
    var text: String
    var passages: Int
  }

  /// Nil where the question has no word.
  init?(for question: String, frequencies: TermFrequencies = TermFrequencies()) {
    let terms = SearchTerms.terms(ofQuestion: question).suffix(Self.mostTerms)
    guard let last = terms.last else { return nil }
    var parts: [Part] = []
    for term in terms {
      parts.append(Part(text: #"({title body} : "\#(term.word)")"#, passages: frequencies.passages(with: term.word)))
      parts.append(Part(text: #"(stems : "\#(term.stem)")"#, passages: frequencies.passages(with: term.stem)))
    }
    // The last word may be heard in part.
    if last.word.utf8.count >= 4 {
      parts.append(Part(text: #"({title body} : "\#(last.word)" *)"#, passages: frequencies.passages(withPrefix: last.word)))
    }
    parts.sort { $0.passages < $1.passages }
    var left = Self.budget
    let affordable = parts.prefix { part in
      left -= part.passages
      return left >= 0
    }
    isRanked = !affordable.isEmpty
    text = isRanked ? affordable.map(\.text).joined(separator: " OR ") : parts.prefix(3).map(\.text).joined(separator: " AND ")
  }
}
