/// Small letters without accents, for the scripts that have them.
package enum LetterFolding {
  /// Letters of Latin-1 and Latin Extended-A, U+00C0 to U+017F, by their base; a space where nothing is folded.
  private static let bases: [UInt8] = Array(
    ("aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy y"
      + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkkklllllll"
      + "lllnnnnnnnnnoooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs").utf8)

  package static func folded(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars { append(scalar, to: &result) }
    return result
  }

  static func append(_ scalar: Unicode.Scalar, to word: inout String) {
    switch scalar.value {
    case 0x41...0x5A: word.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value) + 0x20))
    case 0x61...0x7A, 0x30...0x39: word.unicodeScalars.append(scalar)
    case 0xC6, 0xE6: word += "ae"
    case 0x152, 0x153: word += "oe"
    case 0xDF: word += "ss"
    case 0xC0...0x17F where bases[Int(scalar.value) - 0xC0] != 0x20:
      word.unicodeScalars.append(Unicode.Scalar(bases[Int(scalar.value) - 0xC0]))
    case 0x300...0x36F: break
    default: word += scalar.properties.lowercaseMapping
    }
  }
}
