import RAGPrefetch

/// A passage as the index keeps it.
struct IndexedPassage: Sendable, Equatable {
  /// Path of its document.
  let path: String
  /// The document's title and the headings above, joined.
  let title: String
  let text: String
  /// Language of the text: one, or none.
  var language: Languages
}
