import VoiceCore

extension SplitMix64 {
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
