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

extension RandomNumberGenerator {
  /// Draws a name: 16 lower-case hexadecimal digits a word, which are never all zero.
  package mutating func hexadecimal(words: Int) -> String {
    var digits = ""
    for _ in 0..<words {
      let word = UInt64.random(in: 1 ... .max, using: &self).bigEndian
      digits += withUnsafeBytes(of: word) { $0.hexadecimal }
    }
    return digits
  }
}
