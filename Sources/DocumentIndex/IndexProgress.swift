/// How far indexing is, and what the index holds.
public struct IndexProgress: Sendable, Equatable {
  /// Documents of this run that are done.
  public var done = 0
  /// Documents of this run: those that are new, changed or gone.
  public var total = 0
  /// Documents, passages and words in the index.
  public var documents = 0
  public var passages = 0
  public var words = 0
  /// Of the whole index in memory, texts included.
  public var bytes = 0
}
