/// In how many passages the words of an index stand, as far as that is many.
struct TermFrequencies: Sendable {
  /// Words that stand in fewer are not kept count of.
  static let least = 100

  private let counts: [String: Int]

  init(_ counts: [String: Int] = [:]) { self.counts = counts }

  /// For a rare word a guess.
  func passages(with word: String) -> Int { counts[word] ?? Self.least / 2 }

  /// At the most: words that begin with `prefix` may stand in the same passages.
  func passages(withPrefix prefix: String) -> Int {
    counts.reduce(Self.least) { $1.key.hasPrefix(prefix) ? $0 + $1.value : $0 }
  }
}
