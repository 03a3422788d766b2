/// Words that say nothing of what a question is about, by language.
package enum StopWords {
  /// The languages in which a folded word says nothing.
  package static func languages(of word: String) -> Languages { all[word] ?? [] }

  /// True where the word says nothing in each of these languages; false where they are none.
  package static func contains(_ word: String, in languages: Languages) -> Bool {
    !languages.isEmpty && self.languages(of: word).isSuperset(of: languages)
  }

  private static let all: [String: Languages] = {
    var all: [String: Languages] = [:]
    for (code, words) in west.merging(others, uniquingKeysWith: { $1 }) {
      guard let language = Languages(code: code) else { continue }
      for word in words.split(separator: " ") { all[String(word), default: []].insert(language) }
    }
    return all
  }()
}
