/// SplitMix64: the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  /// `prefix` and 21 letters and digits, as the provider's ids look.
  mutating func id(_ prefix: String) -> String { prefix + letters(21) }

  mutating func letters(_ count: Int) -> String {
    String(unsafeUninitializedCapacity: count) { room in
      for index in 0..<count { room[index] = Self.alphabet[Int(next() % 62)] }
      return count
    }
  }

  /// Text deltas carry 9 to 14 random characters, so that their lengths tell nothing.
  mutating func obfuscation() -> String { letters(9 + Int(next() % 6)) }
}
