/// Numbers as an operator writes them: digits, perhaps a sign and a point; no blanks, no exponents, no `nan`.
enum StrictNumber {
  static func integer(_ text: String) -> Int? {
    guard isPlain(text, allowsPoint: false) else { return nil }
    return Int(text)
  }

  static func decimal(_ text: String) -> Double? {
    guard isPlain(text, allowsPoint: true) else { return nil }
    return Double(text)
  }

  /// Formats a number, a whole one without `.0`.
  static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
  }

  private static func isPlain(_ text: String, allowsPoint: Bool) -> Bool {
    let digits = text.hasPrefix("-") ? text.dropFirst() : Substring(text)
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count <= (allowsPoint ? 2 : 1) && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
  }
}
