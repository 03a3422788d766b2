/// Voice activity by the energy of the audio: loud frames begin speech, a pause ends it.
struct VoiceActivityDetector: Equatable {
  enum Event: Equatable {
    /// Speech began; the time of its first loud frame, on the session's audio clock.
    case started(atMilliseconds: Int)
    /// Speech went on; all of it so far.
    case spoke(milliseconds: Int)
    /// Speech ended; the time at which its pause was long enough.
    case stopped(atMilliseconds: Int)
  }

  static let frameMilliseconds = 20
  /// Loud frames in a row that are speech: a click is none.
  private static let onset = 3
  /// A pause up to here is part of speech.
  private static let gapMilliseconds = 100

  /// Threshold as in `turn_detection.threshold`, 0 to 1.
  var threshold = 0.5
  var silenceMilliseconds = 200
  private(set) var isSpeaking = false
  /// All audio so far: the session's audio clock.
  private(set) var milliseconds = 0

  private var energy: Int64 = 0
  private var samplesInFrame = 0
  private var loudFrames = 0
  private var quietFrames = 0
  private var spokenMilliseconds = 0

  /// Takes audio, in whole samples, and answers what it brings, in order.
  mutating func heard(_ bytes: UnsafeRawBufferPointer, _ format: AudioFormat) -> [Event] {
    var events: [Event] = []
    let samplesPerFrame = Self.frameMilliseconds * format.samplesPerMillisecond
    let total = bytes.count / format.bytesPerSample
    // Part of a frame that began in another format is longer than a whole one of this may be.
    if samplesInFrame >= samplesPerFrame { (energy, samplesInFrame) = (0, 0) }
    var index = 0
    while index < total {
      let count = min(samplesPerFrame - samplesInFrame, total - index)
      energy += Self.energy(of: bytes, from: index, count: count, format)
      samplesInFrame += count
      index += count
      guard samplesInFrame == samplesPerFrame else { break }
      let isLoud = isLoud(Double(energy) / Double(samplesPerFrame))
      (energy, samplesInFrame) = (0, 0)
      milliseconds += Self.frameMilliseconds
      frameHeard(isLoud, &events)
    }
    return events
  }

  /// Speech that is under way is forgotten; the clock goes on.
  mutating func reset() {
    isSpeaking = false
    (loudFrames, quietFrames, spokenMilliseconds) = (0, 0, 0)
  }

  private mutating func frameHeard(_ isLoud: Bool, _ events: inout [Event]) {
    quietFrames = isLoud ? 0 : quietFrames + 1
    loudFrames = isLoud ? loudFrames + 1 : 0
    if !isSpeaking {
      guard loudFrames >= Self.onset else { return }
      isSpeaking = true
      spokenMilliseconds = Self.onset * Self.frameMilliseconds
      events.append(.started(atMilliseconds: milliseconds - spokenMilliseconds))
      return
    }
    if !isLoud, quietFrames * Self.frameMilliseconds >= silenceMilliseconds {
      isSpeaking = false
      events.append(.stopped(atMilliseconds: milliseconds))
    } else if quietFrames * Self.frameMilliseconds <= Self.gapMilliseconds {
      spokenMilliseconds += Self.frameMilliseconds
      events.append(.spoke(milliseconds: spokenMilliseconds))
    }
  }

  private func isLoud(_ meanSquare: Double) -> Bool {
    // A root mean square of 600 at the usual threshold: above the noise of a quiet room, below speech.
    let limit = max(30, 1_200 * threshold)
    return meanSquare > limit * limit
  }

  private static func energy(of bytes: UnsafeRawBufferPointer, from start: Int, count: Int, _ format: AudioFormat) -> Int64 {
    var sum: Int64 = 0
    switch format {
    case .pcm16:
      for index in start..<(start + count) {
        let sample = Int64(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
        sum += sample * sample
      }
    case .mulaw: for index in start..<(start + count) { sum += Int64(G711.mulawSquares[Int(bytes[index])]) }
    case .alaw: for index in start..<(start + count) { sum += Int64(G711.alawSquares[Int(bytes[index])]) }
    }
    return sum
  }
}
