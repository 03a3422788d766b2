import RAGPrefetch

/// A passage as the index keeps it.
struct IndexedPassage: Sendable, Equatable {
  /// Position in its document.
  let path: String
  /// The document's title and the headings above, joined.
  let title: String
  let text: String
  /// Finishes the current turn, if there is one.
  var language: Languages
}
