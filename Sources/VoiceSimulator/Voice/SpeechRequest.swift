import VoiceCore

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
