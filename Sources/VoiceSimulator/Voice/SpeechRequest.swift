/// Text that a voice is to say, and how. Equal requests sound the same, so their audio is made once.
struct SpeechRequest: Hashable, Sendable {
  /// Bytes that are said at most, about two minutes of speech; the rest of a longer text is shown and not heard.
  static let maxBytes = 2_000

  /// Cut to ``maxBytes``.
  let text: String
  /// One of the provider's names.
  var voice: String
  /// 1 is the usual speed.
  var speed: Double
  var format: AudioFormat

  init(text: String, voice: String, speed: Double, format: AudioFormat) {
    self.text = text.cut(toBytes: Self.maxBytes)
    self.voice = voice
    self.speed = speed
    self.format = format
  }
}

extension String {
  /// The beginning of a text, cut between two characters of Unicode; the work is bounded by `limit`, not by the text's length.
  func cut(toBytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var end = utf8.index(startIndex, offsetBy: limit)
    while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
