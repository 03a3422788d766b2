import RAGPrefetch

/// A passage as the index keeps it.
struct IndexedPassage: Sendable, Equatable {
  /// Path of its document.
  let path: String
  /// The document's title and the headings above, joined.
  let title: String
  let text: String
  /// The document's title alone.
  var documentTitle: String { title.firstRange(of: Chunker.separator).map { String(title[..<$0.lowerBound]) } ?? title }
  /// The headings above, outermost first; nil directly below the title.
  var section: String? { title.firstRange(of: Chunker.separator).map { String(title[$0.upperBound...]) } }
  /// Language of the text: one, or none.
  var language: Languages
}
