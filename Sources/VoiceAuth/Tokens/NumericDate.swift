import VoiceCore

/// A NumericDate of RFC 7519 section 2: seconds since 1970-01-01T00:00:00Z.
enum NumericDate {
  /// Whole seconds have no more digits than the year 9999 needs: milliseconds given by mistake are no date.
  private static let maxDigits = 12

  /// Takes an integer or a decimal; nil on an exponent, on what is no number, and out of range. Digits past the
  /// millisecond are dropped.
  static func parse(_ value: JSONValue) -> UnixTime? {
    guard case .number(let text) = value else { return nil }
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = parts[0].drop { $0 == "-" }
    guard digits.utf8.count <= maxDigits, let seconds = Int64(digits) else { return nil }
    var milliseconds: Int64 = 0
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      milliseconds = Int64(parts[1].prefix(3) + String(repeating: "0", count: 3 - parts[1].prefix(3).count)) ?? 0
    }
    let magnitude = seconds * 1_000 + milliseconds
    return UnixTime(milliseconds: text.hasPrefix("-") ? -magnitude : magnitude)
  }
}
