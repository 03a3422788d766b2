/// Words of a text, made comparable.
enum Words {
  /// Lower case, without punctuation.
  static func all(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  static func normal(_ text: String) -> String { all(text).joined(separator: " ") }

  /// The words that carry meaning, without their endings.
  static func stems(_ text: String) -> Set<String> {
    Set(all(text).filter { $0.count > 2 && !common.contains($0) }.map(stem))
  }

  static func stem(_ word: String) -> String {
    for ending in ["ing", "ies", "ed", "es", "s", "y"] where word.count > ending.count + 2 && word.hasSuffix(ending) {
      return String(word.dropLast(ending.count))
    }
    return word
  }

  private static let common: Set<String> = [
    "the", "and", "for", "are", "was", "were", "you", "your", "with", "that", "this", "what", "when", "where", "which", "who", "how",
    "does", "did", "can", "could", "would", "should", "will", "have", "has", "had", "not", "but", "from", "into", "about", "there",
    "then", "than", "them", "they", "its", "our", "out", "all", "any", "some", "please", "tell", "get", "let", "may", "one", "use",
  ]
}
