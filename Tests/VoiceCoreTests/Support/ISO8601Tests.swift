import Testing
import VoiceCore

struct ISO8601Tests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
  ])
  func `moments are written in ISO 8601`(milliseconds: Int64, text: String) {
    #expect(ISO8601.text(UnixTime(milliseconds: milliseconds)) == text)
  }
}
