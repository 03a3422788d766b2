/// Names a session: `vs_` and 32 hexadecimal digits, 128 random bits.
public struct SessionID: Hashable, Sendable, CustomStringConvertible {
  /// Text of the id, `vs_` and 32 hexadecimal digits.
  public let rawValue: String
  public var description: String { rawValue }

  /// Takes a name from outside; nil where it is not of the form.
  public init?(_ text: String) {
    guard text.utf8.count == 35, text.hasPrefix("vs_"),
      text.utf8.dropFirst(3).allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    rawValue = text
  }

  /// Draws a name.
  public init(using generator: inout some RandomNumberGenerator) {
    rawValue = "vs_" + generator.hexadecimal(words: 2)
  }

  /// Draws a name by the system's generator.
  public static func random() -> SessionID {
    var generator = SystemRandomNumberGenerator()
    return SessionID(using: &generator)
  }
}
