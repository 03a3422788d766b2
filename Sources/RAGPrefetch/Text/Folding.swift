import Foundation

/// Letters reduced to what words are compared by: small, without accents, compatibility forms as the plain letter.
///
/// By Unicode: NFKD and case folding, less the marks that only modify a letter. Vowel signs, tone marks and viramas of South and
/// South-East Asian scripts, and the voicing marks of kana, make another letter: they stay.
package enum Folding {
  /// Letters below this are looked up in tables.
  private static let tableEnd: UInt32 = 0x2000

  /// A folded text; characters that are no letters stay as they are.
  package static func folded(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 && !(0x41...0x5A).contains($0) }) { return text }
    var result = String.UnicodeScalarView()
    for scalar in normalized(text).unicodeScalars { append(lowered(scalar), to: &result) }
    return String(result)
  }

  /// The same text with one spelling for each letter: composed, compatibility forms (half-width, ligatures, presentation forms) resolved.
  static func normalized(_ text: String) -> String {
    text.unicodeScalars.contains(where: mayChange) ? text.precomposedStringWithCompatibilityMapping : text
  }

  /// A small letter, as long as it is one scalar.
  static func lowered(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if scalar.value < 0x80 {
      return (0x41...0x5A).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value) + 0x20) : scalar
    }
    if scalar.value < tableEnd { return Unicode.Scalar(small[Int(scalar.value)]) ?? scalar }
    return computedSmall(scalar)
  }

  /// Adds the letter without its accents; nothing for a mark that stands alone.
  static func append(_ scalar: Unicode.Scalar, to result: inout String.UnicodeScalarView) {
    guard scalar.value >= 0x80, scalar.value < tableEnd else {
      result.append(scalar)
      return
    }
    let base = bases[Int(scalar.value)]
    if base == several {
      result.append(contentsOf: computedBase(scalar))
    } else if let letter = Unicode.Scalar(base), base != 0 {
      result.append(letter)
    }
  }

  private static func mayChange(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0xA0: false
    case 0xA0...0xBF, 0x132...0x133, 0x13F...0x140, 0x149, 0x17F, 0x1C4...0x1CC, 0x1F1...0x1F3, 0x300...0x36F, 0x374...0x37E: true
    case 0x587, 0x653...0x655, 0x675...0x678, 0x958...0x95F, 0x9BE, 0x9D7, 0xB3E...0xB57, 0xBBE...0xBD7, 0xE33, 0xEB3, 0xEDC...0xEDD: true
    case 0x1100...0x11FF, 0x1D2C...0x1DBF, 0x1F71...0x1FFF, 0x2000...0x2FFF, 0x3099...0x309F, 0x30FF, 0x3130...0x33FF: true
    case 0xA69C...0xA69D, 0xF900...0xFFEF, 0x1D400...0x1D7FF, 0x1EE00...0x1EEFF, 0x1F100...0x1F2FF, 0x2F800...0x2FA1F: true
    default: false
    }
  }

  // MARK: Tables

  private static let several: UInt32 = 0xFFFF_FFFF
  private static let small: [UInt32] = (0..<tableEnd).map { value in
    Unicode.Scalar(value).map { computedSmall($0).value } ?? value
  }
  /// Table by scalar: its base letter, 0 for a mark that is dropped, `several` for more than one letter.
  private static let bases: [UInt32] = (0..<tableEnd).map { value in
    guard let scalar = Unicode.Scalar(value), value >= 0x80 else { return value }
    let base = computedBase(scalar)
    return base.count > 1 ? several : base.first?.value ?? 0
  }

  private static func computedSmall(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    guard scalar.properties.changesWhenLowercased else { return scalar }
    return scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
  }

  private static func computedBase(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    if let special = specials[scalar] { return Array(special.unicodeScalars) }
    return String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars.filter { !isAccent($0) }
      .flatMap { specials[$0].map { Array($0.unicodeScalars) } ?? [$0] }
  }

  /// Marks that only modify the letter before them: of Latin, Greek and Cyrillic, Hebrew points, Arabic vowels and its tatweel.
  private static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x5BF, 0x5C1...0x5C2, 0x5C4...0x5C5, 0x5C7, 0x610...0x61A, 0x640, 0x64B...0x65F,
      0x670, 0x6D6...0x6DC, 0x6DF...0x6E8, 0x6EA...0x6ED, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF:
      true
    default: false
    }
  }

  /// Letters that Unicode does not decompose, and spellings of Arabic and Persian that one keyboard or the other writes.
  private static let specials: [Unicode.Scalar: String] = [
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n", "ĸ": "k", "ð": "d", "þ": "th",
    "ς": "σ", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ٱ": "ا",
  ]
}
