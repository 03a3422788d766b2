import Testing
import VoiceCore
import VoiceTesting

struct ISO8601Tests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
  ])
  func `moments are written in ISO 8601`(milliseconds: Int64, text: String) {
    #expect(ISO8601.text(UnixTime(milliseconds: milliseconds)) == text)
  }

  /// A damaged record has any number.
  @Test func `every moment has a text and a day`() {
    var generator = SeededGenerator(seed: 8)
    let edges: [Int64] = [.min, .min + 1, .min + 86_400_000, -1, 0, .max - 86_400_000, .max]
    for milliseconds in edges + (0..<2_000).map({ _ in Int64.random(in: .min ... .max, using: &generator) }) {
      let time = UnixTime(milliseconds: milliseconds)
      #expect(ISO8601.text(time).hasSuffix("Z"))
      #expect(time.day <= milliseconds / 86_400_000 && time.day >= milliseconds / 86_400_000 - 1)
    }
  }
}
