/// A piece of a document that may help to answer.
public struct Passage: Sendable, Hashable {
  /// Text that the model reads.
  public var text: String
  /// Title of the source, shown to the user.
  public var title: String?
  /// Origin of the passage: a path, a URL, an id.
  public var source: String?
  /// Higher is better; comparable within one answer only.
  public var score: Double

  /// Creates a passage.
  public init(text: String, title: String? = nil, source: String? = nil, score: Double = 0) {
    self.text = text
    self.title = title
    self.source = source
    self.score = score
  }
}
