/// A question as FTS5 takes it: any of its words may match, by itself or by its stem.
enum MatchExpression {
  /// More words than this say no more, and cost time.
  private static let mostTerms = 24

  /// Nil where the question has no word.
  static func make(for question: String) -> String? {
    let terms = SearchTerms.terms(ofQuestion: question).suffix(mostTerms)
    guard let last = terms.last else { return nil }
    var parts = terms.map { #"({title body} : "\#($0.word)") OR (stems : "\#($0.stem)")"# }
    // The last word may be heard in part.
    if last.word.utf8.count >= 4 { parts.append(#"({title body} : "\#(last.word)" *)"#) }
    return parts.joined(separator: " OR ")
  }
}
