import RAGPrefetch

/// A passage as the index keeps it.
struct IndexedPassage: Sendable, Equatable {
  /// Of its document.
  let path: String
  /// The document's title and the headings above, joined.
  let title: String
  let text: String
  /// At most one.
  let language: Languages
}
