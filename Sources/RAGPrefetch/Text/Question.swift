/// Text of a question and its content words.
///
/// Two questions differ by their content words: folded to small letters without accents, without the commonest words of English and
/// French and without plural endings. Each ideograph or kana counts as a word.
package struct Question: Sendable, Equatable {
  package let text: String
  package let wordCount: Int
  package let contentWords: Set<String>

  package init(_ text: String) {
    self.text = text
    let words = Self.words(of: text)
    wordCount = words.count
    contentWords = Set(words.filter { !Self.isLetter($0) && !CommonWords.contains($0) }.map(Self.stem))
  }

  /// The share of content words that `asked` does not have: 0 means it asks all of this, 1 nothing of it.
  package func novelty(since asked: Question) -> Double {
    guard !contentWords.isEmpty else { return 0 }
    return Double(contentWords.subtracting(asked.contentWords).count) / Double(contentWords.count)
  }

  /// The share of content words that stand in `words`.
  package func overlap(with words: Set<String>) -> Double {
    guard !contentWords.isEmpty else { return 0 }
    return Double(contentWords.intersection(words).count) / Double(contentWords.count)
  }

  /// Folded words; apostrophes and hyphens part them.
  package static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = ""
    func end() {
      if !word.isEmpty { words.append(word) }
      word = ""
    }
    for scalar in text.unicodeScalars {
      if scalar.value < 0x80 {
        let byte = UInt8(scalar.value)
        switch byte {
        case 0x61...0x7A, 0x30...0x39: word.unicodeScalars.append(scalar)
        case 0x41...0x5A: word.unicodeScalars.append(Unicode.Scalar(byte + 0x20))
        default: end()
        }
      } else if isWordByItself(scalar) {
        end()
        words.append(String(scalar))
      } else if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        LetterFolding.append(scalar, to: &word)
      } else if !scalar.properties.isDiacritic {
        end()
      }
    }
    end()
    return words
  }

  /// Returns true if a folded word is a stop word.
  package static func isCommon(_ word: String) -> Bool { CommonWords.contains(word) }

  /// A Latin letter that stands alone, as in `I` or `l'heure`.
  private static func isLetter(_ word: String) -> Bool {
    word.utf8.count == 1 && word.utf8.first.map { $0 >= UInt8(ascii: "a") } ?? false
  }

  /// Han, Hiragana and Katakana are written without spaces.
  private static func isWordByItself(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3040...0x30FF, 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2FA1F: true
    default: false
    }
  }

  /// Returns a word without its endings of number and gender in English and French.
  private static func stem(_ word: String) -> String {
    guard word.utf8.count > 3 else { return word }
    var stem = Substring(word)
    if let last = stem.last, last == "s" || last == "x" { stem.removeLast() }
    if stem.utf8.count > 3, stem.last == "e" { stem.removeLast() }
    return String(stem)
  }
}
