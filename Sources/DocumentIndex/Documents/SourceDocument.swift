/// A document as headings and paragraphs.
struct SourceDocument: Equatable, Sendable {
  struct Section: Equatable, Sendable {
    /// The headings above, outermost first, without the document's own title.
    var headings: [String]
    var paragraphs: [String]
  }
  /// Relative to the folder.
  var path: String
  var title: String
  var sections: [Section]
  /// As of ``DecodedText``.
  var brokenBytes = 0
  var unknownCharset: String?
}
