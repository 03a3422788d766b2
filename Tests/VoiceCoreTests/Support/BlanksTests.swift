import Testing

@testable import VoiceCore

struct BlanksTests {
  @Test(arguments: [("", ""), (" \t\r\n", ""), ("a", "a"), ("\u{A0} a  b\n", "a  b")])
  func `white space at both ends is no part of a text`(_ text: String, _ trimmed: String) { #expect(text.trimmed == trimmed) }

  @Test(arguments: [("", ""), ("\n", ""), (" a\r\n\tb  c\u{2028}", "a b c")])
  func `a text on one line has one blank between two words`(_ text: String, _ line: String) { #expect(text.onOneLine == line) }

  @Test func `hexadecimal digits of either case have a value, other bytes have none`() {
    let values = (UInt8.min...UInt8.max).map(\.hexadecimalValue)
    for value in 0..<16 {
      let digit = String(value, radix: 16)
      for byte in Set(digit.utf8).union(digit.uppercased().utf8) { #expect(values[Int(byte)] == UInt8(value)) }
    }
    #expect(values.count { $0 != nil } == 22)
  }
}
