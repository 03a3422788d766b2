/// Text of a file, and what had to be guessed or given up for it.
struct DecodedText: Equatable, Sendable {
  var text: String
  /// Number of bytes that are of no character; U+FFFD stands in their place.
  var brokenBytes = 0
  /// The charset that an HTML document declares, where it is not known: the text is a guess.
  var unknownCharset: String?
}
