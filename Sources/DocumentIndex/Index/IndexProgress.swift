/// Progress of indexing, and size of the index.
public struct IndexProgress: Sendable, Equatable {
  /// A document that is not in the index as it is now.
  public struct LeftOut: Sendable, Hashable, CustomStringConvertible {
    /// Path below the folder.
    public var path: String
    /// Reason why it is not in the index.
    public var reason: String
    /// True where its last good passages still answer.
    public var isKept: Bool
    public var description: String { "\(path): \(reason)" + (isKept ? "; its last good passages stay" : "") }
  }

  /// A document that declares a charset that is not known, and is in the index as Windows-1252 reads it.
  public struct Guess: Sendable, Hashable {
    /// Path below the folder.
    public var path: String
    /// Name of the charset, in lower case.
    public var charset: String
  }

  /// A document with bytes that are no text, which U+FFFD replaces in the index.
  public struct Repair: Sendable, Hashable, CustomStringConvertible {
    /// Path below the folder.
    public var path: String
    /// Number of bytes that were replaced.
    public var bytes: Int
    public var description: String { "\(path): bytes replaced by U+FFFD as they are no text: \(bytes); mend the file, save it as UTF-8" }
  }

  /// Documents of this run that are done.
  public var done = 0
  /// Documents of this run: those that are new, changed or gone.
  public var total = 0
  /// Documents, passages and words in the index.
  public var documents = 0
  /// Passages in the index.
  public var passages = 0
  /// Distinct words in the index.
  public var words = 0
  /// Size of the whole index in memory, texts included.
  public var bytes = 0
  /// Passages that have a vector, and those that should; 0 without embeddings.
  public var vectors = 0
  /// Passages that should have a vector.
  public var vectorsWanted = 0
  /// Reason why passages have no vector yet; nil if all have.
  public var embeddingFailure: String?
  /// Documents that are not in the index as they are now.
  public var leftOut: [LeftOut] = []
  /// Documents that this run read and whose charset is not known.
  public var guesses: [Guess] = []
  /// Documents that this run read and that have bytes which are no text.
  public var repairs: [Repair] = []
}
