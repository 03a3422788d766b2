/// Why a document is not in the index as it is now.
struct DocumentError: Error, Equatable {
  var reason: String
  /// True where only a change of the file can help: it is too large, or no text.
  var isFinal = false
}
