import Foundation

/// A voice of soft tones, a note for each syllable: audible, cheap and the same everywhere.
struct ToneVoice {
  private static let syllableMilliseconds = 150.0
  private static let gapMilliseconds = 60.0
  /// A pentatonic scale: no two of its notes clash.
  private static let scale = [1.0, 9.0 / 8, 5.0 / 4, 3.0 / 2, 5.0 / 3]

  /// Samples at 24 kHz.
  static func samples(_ request: SpeechRequest) -> [Int16] {
    // Each of the provider's voices has a pitch of its own.
    let base = 180.0 + 12 * Double(request.voice.utf8.reduce(0) { $0 + Int($1) } % 8)
    var samples: [Int16] = []
    for word in request.text.split(whereSeparator: \.isWhitespace) {
      let start = word.utf8.reduce(0) { $0 + Int($1) }
      for syllable in 0..<syllables(in: word) {
        let pitch = base * scale[(start + syllable * 2) % scale.count]
        append(pitch: pitch, milliseconds: syllableMilliseconds / request.speed, to: &samples)
      }
      samples.append(contentsOf: repeatElement(0, count: Int(gapMilliseconds / request.speed) * 24))
    }
    return samples
  }

  /// Groups of vowels, at least one.
  static func syllables(in word: Substring) -> Int {
    var count = 0
    var wasVowel = false
    for letter in word.lowercased() {
      let isVowel = "aeiouyäöüàáâèéêìíîòóôùúû".contains(letter)
      if isVowel, !wasVowel { count += 1 }
      wasVowel = isVowel
    }
    return max(1, count)
  }

  private static func append(pitch: Double, milliseconds: Double, to samples: inout [Int16]) {
    let count = Int(milliseconds) * 24
    let step = 2 * Double.pi * pitch / 24_000
    samples.reserveCapacity(samples.count + count)
    for index in 0..<count {
      let phase = step * Double(index)
      let rise = min(1, Double(min(index, count - index)) / 480)
      samples.append(Int16(5_000 * rise * (sin(phase) + 0.25 * sin(2 * phase))))
    }
  }
}
