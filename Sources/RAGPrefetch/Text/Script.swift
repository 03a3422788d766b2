/// Segmentation of a script into words.
package enum Script: UInt8, Sendable {
  /// No letter.
  case none
  /// Neither parts nor makes a word: a joiner, a soft hyphen, a variation selector.
  case ignored
  /// Words stand between spaces.
  case spaced
  /// Han and kana: no spaces, words of one to three characters.
  case ideographic
  /// Hangul: spaces, but particles stick to their word.
  case hangul
  /// Thai, Lao, Khmer, Burmese: no spaces, words of several letters.
  case unspaced

  package static func of(_ scalar: Unicode.Scalar) -> Script {
    if scalar.value < 0x80 {
      let isWord = (0x61...0x7A).contains(scalar.value) || (0x30...0x39).contains(scalar.value) || (0x41...0x5A).contains(scalar.value)
      return isWord ? .spaced : .none
    }
    return scalar.value < 0x1_0000 ? table[Int(scalar.value)] : computed(scalar)
  }

  private static let table: [Script] = (0..<UInt32(0x1_0000)).map { Unicode.Scalar($0).map(computed) ?? .none }

  private static func computed(_ scalar: Unicode.Scalar) -> Script {
    switch scalar.value {
    case 0xAD, 0x200C...0x200F, 0x2060, 0xFE00...0xFE0F, 0xFEFF: return .ignored
    // Extension B and all that follows on the planes of rare ideographs.
    case 0x2_0000...0x3_FFFF: return .ideographic
    default: break
    }
    guard isWordCharacter(scalar) else { return .none }
    switch scalar.value {
    case 0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029, 0x3041...0x30FF, 0x31F0...0x31FF, 0x3400...0x9FFF, 0xF900...0xFAFF,
      0xFF66...0xFF9F:
      return .ideographic
    case 0x1100...0x11FF, 0x3130...0x318F, 0xA960...0xA97F, 0xAC00...0xD7FF: return .hangul
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x1950...0x19DF, 0x1A20...0x1AAF, 0xA9E0...0xA9FF, 0xAA60...0xAADF:
      return .unspaced
    default: return .spaced
    }
  }

  private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark, .enclosingMark,
      .decimalNumber, .letterNumber, .otherNumber:
      true
    default: false
    }
  }
}
