/// A set of languages, each by its ISO 639-1 code: those that a text may be in.
package struct Languages: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The languages that can be told apart by their commonest words, the more widely spoken first.
  static let codes: [String] = [
    "en", "es", "fr", "de", "pt", "it", "ru", "ar", "hi", "tr", "nl", "pl", "vi", "id", "ro", "uk", "fa", "cs", "sv", "el", "hu", "da",
    "fi", "no", "ca", "he",
  ]

  /// - Parameter code: ISO 639-1, perhaps with a region: `en-GB`. Nil for one that is not known.
  package init?(code: String) {
    let primary = code.prefix { $0 != "-" && $0 != "_" }.lowercased()
    guard let index = Self.codes.firstIndex(of: primary) else { return nil }
    rawValue = 1 << UInt32(index)
  }

  package init(index: Int) { rawValue = 1 << UInt32(index) }

  /// Their codes, the more widely spoken first.
  package var codes: [String] { Self.codes.indices.filter { rawValue & (1 << UInt32($0)) != 0 }.map { Self.codes[$0] } }

  /// The languages whose commonest words make the most of `words`; several where they tie, none where no such word is there.
  ///
  /// Script decides where words do not: Greek, Cyrillic, Arabic, Hebrew and Devanagari.
  /// - Parameter words: folded.
  package static func likely(for words: some Sequence<String>, among allowed: Languages? = nil) -> Languages {
    var counts = [Int](repeating: 0, count: codes.count)
    var byScript: Languages = []
    for word in words where !isConsonant(word) {
      var mask = StopWords.languages(of: word).rawValue
      if let allowed { mask &= allowed.rawValue }
      while mask != 0 {
        counts[mask.trailingZeroBitCount] += 1
        mask &= mask - 1
      }
      if byScript.isEmpty, let first = word.unicodeScalars.first { byScript = ofScript(first) }
    }
    guard let most = counts.max(), most > 0 else { return allowed.map { byScript.intersection($0) } ?? byScript }
    var best: Languages = []
    for index in counts.indices where counts[index] == most { best.insert(Languages(index: index)) }
    return best
  }

  /// A consonant that stands alone is what an apostrophe left, or a name: vitamin C.
  private static func isConsonant(_ word: String) -> Bool {
    guard let first = word.utf8.first, word.utf8.count == 1 else { return false }
    return !"aeiouy".utf8.contains(first)
  }

  private static func ofScript(_ scalar: Unicode.Scalar) -> Languages {
    let code: String? =
      switch scalar.value {
      case 0x370...0x3FF, 0x1F00...0x1FFF: "el"
      case 0x400...0x52F: "ru"
      case 0x590...0x5FF: "he"
      case 0x600...0x6FF, 0x750...0x77F: "ar"
      case 0x900...0x97F: "hi"
      default: nil
      }
    return code.flatMap { Languages(code: $0) } ?? []
  }
}
