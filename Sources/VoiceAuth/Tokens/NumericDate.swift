import VoiceCore

/// A NumericDate of RFC 7519 section 2: seconds since 1970-01-01T00:00:00Z.
enum NumericDate {
  /// Whole seconds have no more digits than the year 9999 needs: milliseconds given by mistake are no date.
  private static let maxDigits = 12

  /// Takes a number in any form that JSON has (RFC 8259 section 6); nil on what is no number, and out of range. Digits past the
  /// millisecond are dropped.
  static func parse(_ value: JSONValue) -> UnixTime? {
    guard case .number(let text) = value else { return nil }
    // As nearly every issuer writes it.
    if text.utf8.count <= maxDigits, let seconds = Int64(text) { return UnixTime(seconds: seconds) }
    let bytes = text.utf8
    let unsigned = bytes.drop { $0 == UInt8(ascii: "-") }
    let mantissa = unsigned.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
    let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
    var exponent = 0
    if mantissa.endIndex < unsigned.endIndex {
      // An exponent of more digits than an integer takes is out of range either way.
      guard let value = Int(String(decoding: unsigned[mantissa.endIndex...].dropFirst(), as: UTF8.self)), value.magnitude < 1_000 else {
        return nil
      }
      exponent = value
    }
    let digits = Array(whole) + mantissa.dropFirst(whole.count + 1)
    let significant = digits.drop { $0 == UInt8(ascii: "0") }
    guard !significant.isEmpty else { return UnixTime(milliseconds: 0) }
    // Digits before the point, once the point is moved to the millisecond.
    let count = whole.count - (digits.count - significant.count) + exponent + 3
    guard count <= maxDigits + 3 else { return nil }
    var milliseconds: Int64 = 0
    for place in 0..<max(0, count) {
      let index = significant.startIndex + place
      milliseconds = milliseconds * 10 + (index < significant.endIndex ? Int64(significant[index] - UInt8(ascii: "0")) : 0)
    }
    return UnixTime(milliseconds: bytes.first == UInt8(ascii: "-") ? -milliseconds : milliseconds)
  }
}
