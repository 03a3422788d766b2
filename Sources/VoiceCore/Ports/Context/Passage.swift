/// A piece of a document that may help to answer.
public struct Passage: Sendable, Hashable {
  /// Text that the model reads.
  public var text: String
  /// Title of the document.
  public var title: String?
  /// Headings that the passage stands under, outermost first, joined.
  public var section: String?
  /// Origin of the passage: a path, a URL, an id.
  public var source: String?
  /// Higher is better; comparable within one answer only.
  public var score: Double

  /// Creates a passage.
  public init(text: String, title: String? = nil, section: String? = nil, source: String? = nil, score: Double = 0) {
    self.text = text
    self.title = title
    self.section = section
    self.source = source
    self.score = score
  }
}
