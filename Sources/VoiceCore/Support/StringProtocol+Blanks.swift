extension StringProtocol {
  /// The text without white space at either end.
  package var trimmed: SubSequence {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return self[startIndex..<startIndex]
    }
    return self[first...last]
  }

  /// The words with one blank between two: no line ends, and no white space at either end.
  package var onOneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
