import RAGPrefetch

/// Words as the index knows them: folded, and by their stem.
enum SearchTerms {
  struct Term: Hashable {
    let word: String
    let stem: String
  }

  /// All words of a document.
  static func terms(of text: String) -> [Term] { Question.words(of: text).map { Term(word: $0, stem: stem($0)) } }

  /// The words of a question that say what it is about; all of them where none does.
  static func terms(ofQuestion text: String) -> [Term] {
    let words = Question.words(of: text)
    let content = words.filter { $0.utf8.count > 1 && !Question.isCommon($0) }
    var seen: Set<String> = []
    return (content.isEmpty ? words : content).filter { seen.insert($0).inserted }.map { Term(word: $0, stem: stem($0)) }
  }

  /// A word without the endings that inflect it in English or French; the same for both, as nobody says which language comes.
  ///
  /// Coarser than Snowball's: what it throws together, the word itself keeps apart in the ranking.
  static func stem(_ word: String) -> String {
    guard word.utf8.count > 3, word.utf8.allSatisfy({ $0 < 0x80 }) else { return word }
    var bytes = Array(word.utf8)
    func strip(_ endings: [[UInt8]], leaving least: Int) -> Bool {
      for ending in endings where bytes.count >= ending.count + least && bytes.suffix(ending.count).elementsEqual(ending) {
        bytes.removeLast(ending.count)
        return true
      }
      return false
    }
    _ = strip(plurals, leaving: 3)
    _ = strip(feminine, leaving: 3)
    if strip(longEndings, leaving: 4) { _ = strip(shortEndings, leaving: 4) } else { _ = strip(shortEndings, leaving: 3) }
    // ride and riding, planned and plan.
    if bytes.count > 3, bytes.last == bytes[bytes.count - 2] { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let plurals = endings("s x")
  private static let feminine = endings("e")
  /// A final e is gone already.
  private static let longEndings = endings(
    "issement ations ation ition ement ateur atric iblement ablement abl ibl enc anc ingly ing ment ity it eur eus ier "
      + "aient erait erons eront ions iez ant iv if ness ful les ied ly")
  private static let shortEndings = endings("er ed es ez e ai a i y")
  private static func endings(_ list: String) -> [[UInt8]] { list.split(separator: " ").map { Array($0.utf8) } }
}
