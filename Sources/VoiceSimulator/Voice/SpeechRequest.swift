/// What a voice is to say, and how. Equal requests sound the same, so their audio is made once.
struct SpeechRequest: Hashable, Sendable {
  var text: String
  /// One of the provider's names.
  var voice: String
  /// 1 is the usual speed.
  var speed: Double
  var format: AudioFormat
}
