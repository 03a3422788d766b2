import Testing
import VoiceTesting

@testable import VoiceTransport

@Suite struct UTF8ValidatorTests {
  private func accepts(_ parts: [UInt8]...) -> (accepted: Bool, complete: Bool) {
    var validator = UTF8Validator()
    for part in parts {
      guard part.withUnsafeBytes({ validator.accept($0) }) else { return (false, validator.isComplete) }
    }
    return (true, validator.isComplete)
  }

  @Test func `the first and the last character of each length are taken`() {
    for scalar in ["\u{0}", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}", "\u{D7FF}", "\u{E000}"] {
      #expect(accepts(Array(scalar.utf8)) == (true, true))
    }
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFF], [0xC3, 0x28], [0xE2, 0x82, 0x28], [0xF0, 0x9F, 0x8E, 0x41],
    ] as [[UInt8]])
  func `overlong forms, surrogates, stray and missing bytes are refused`(bytes: [UInt8]) {
    #expect(accepts(bytes).accepted == false)
    #expect(accepts(Array("some ASCII before it, longer than one word".utf8) + bytes).accepted == false)
  }

  @Test func `a character may come in pieces, and is not complete before its last`() {
    #expect(accepts([0xF0]) == (true, false))
    #expect(accepts([0xF0], [0x9F], [0x8E]) == (true, false))
    #expect(accepts([0xF0], [0x9F], [], [0x8E], [0x99, 0x41]) == (true, true))
  }

  @Test func `the second byte's bounds hold across pieces`() {
    #expect(accepts([0xED], [0xA0]).accepted == false)
    #expect(accepts([0xF4], [0x90]).accepted == false)
    #expect(accepts([0xE0], [0x80]).accepted == false)
  }

  @Test(arguments: 0..<100) func `random bytes are judged as the standard library judges them`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<200 {
      var bytes = Array(String((0..<Int.random(in: 0...90, using: &random)).map { _ in "aé€🎙".randomElement(using: &random) ?? "a" }).utf8)
      if Bool.random(using: &random), !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
      }
      let cut = Int.random(in: 0...bytes.count, using: &random)
      let verdict = accepts(Array(bytes[..<cut]), Array(bytes[cut...]))
      #expect((verdict.accepted && verdict.complete) == (String(validating: bytes, as: UTF8.self) != nil))
    }
  }
}
