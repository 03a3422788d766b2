import Testing
import VoiceCore

@Suite struct ExactTextTests {
  /// Short texts live inside of a `String`, long ones on the heap.
  private static let tail = String(repeating: "x", count: 40)

  @Test(arguments: ["", "a", "session", "é", "💬", tail, "é" + tail])
  func `the same bytes are the same, wherever they are kept`(_ text: String) {
    let other = String(decoding: Array(text.utf8), as: UTF8.self)
    #expect(text.hasSameBytes(as: other))
    #expect(ExactText(text) == ExactText(other))
    #expect(ExactText(text).hashValue == ExactText(other).hashValue)
  }

  /// The Kelvin sign, one accent in two forms, and two marks in two orders, which take as many bytes either way.
  @Test(arguments: [
    ("K", "\u{212A}"), ("\u{E9}", "e\u{301}"), ("a\u{323}\u{307}", "a\u{307}\u{323}"), ("alg", "alG"), ("a", ""), ("a", "ab"),
    ("1" + tail, "2" + tail), (tail + "1", tail + "2"),
  ])
  func `other bytes are another text, though they may look alike`(_ left: String, _ right: String) {
    #expect(!left.hasSameBytes(as: right))
    #expect(!right.hasSameBytes(as: left))
    #expect(Set([ExactText(left), ExactText(right)]).count == 2)
  }
}
