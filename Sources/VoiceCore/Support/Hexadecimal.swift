extension Collection<UInt8> {
  /// Lower-case hexadecimal digits, two a byte.
  package var hexadecimal: String {
    String(unsafeUninitializedCapacity: 2 * count) { digits in
      for (index, byte) in enumerated() {
        digits[2 * index] = Self.digit(byte >> 4)
        digits[2 * index + 1] = Self.digit(byte & 15)
      }
      return 2 * count
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }
}

extension UInt8 {
  /// Value of a hexadecimal digit in ASCII, 0 to 15, of either case; nil where the byte is none.
  package var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension RandomNumberGenerator {
  /// Draws a name: 16 lower-case hexadecimal digits a word, which are never all zero.
  package mutating func hexadecimal(words: Int) -> String {
    var digits = ""
    for _ in 0..<words {
      var word: UInt64 = 0
      while word == 0 { word = next() }
      digits += withUnsafeBytes(of: word.bigEndian) { $0.hexadecimal }
    }
    return digits
  }
}
