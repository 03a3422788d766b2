import Foundation

/// A voice of soft tones: a note for each syllable's worth of letters, audible and cheap.
enum Tone {
  /// About 60 ms a letter, at most half a second.
  static func word(_ word: String, number: Int, format: AudioFormat) -> [UInt8] {
    let rate = format.samplesPerMillisecond * 1_000
    let milliseconds = min(500, max(120, word.count * 55))
    let count = milliseconds * format.samplesPerMillisecond
    let notes = [220.0, 246.94, 261.63, 293.66, 329.63, 293.66, 261.63]
    let pitch = notes[(number + word.utf8.reduce(0) { $0 + Int($1) }) % notes.count]
    let samples = (0..<count).map { index -> Int16 in
      let time = Double(index) / Double(rate)
      let envelope = sin(.pi * Double(index) / Double(count))
      let wave = sin(2 * .pi * pitch * time) + 0.3 * sin(4 * .pi * pitch * time)
      return Int16(6_000 * envelope * wave)
    }
    return format.bytes(samples)
  }

  static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
