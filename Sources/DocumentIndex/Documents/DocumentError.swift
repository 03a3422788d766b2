/// Reason why a document is not in the index in its current version.
struct DocumentError: Error, Equatable {
  var reason: String
  /// True where only a change of the file can help: it is too large, or no text.
  var isFinal = false
}
