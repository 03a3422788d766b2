/// Voice activity by the energy of the audio: loud frames begin speech, a pause ends it.
struct VoiceActivityDetector: Equatable {
  enum Event: Equatable {
    case started(atMilliseconds: Int)
    /// A quarter of a second of speech went by.
    case spoke
    case stopped(atMilliseconds: Int)
  }

  static let frameMilliseconds = 20

  var threshold = 0.5
  var prefixMilliseconds = 300
  var silenceMilliseconds = 200
  private(set) var isSpeaking = false
  /// All audio so far.
  private(set) var milliseconds = 0
  private var rest: [Int16] = []
  private var loudFrames = 0
  private var quietFrames = 0
  private var spokenFrames = 0

  /// Takes samples and answers what they bring, in order.
  mutating func heard(_ samples: [Int16], samplesPerMillisecond: Int) -> [Event] {
    var events: [Event] = []
    rest += samples
    let frame = Self.frameMilliseconds * samplesPerMillisecond
    var start = 0
    while rest.count - start >= frame {
      let isLoud = isLoud(rest[start..<(start + frame)])
      start += frame
      milliseconds += Self.frameMilliseconds
      if let event = frameHeard(isLoud) { events.append(event) }
      if isSpeaking, isLoud {
        spokenFrames += 1
        if spokenFrames.isMultiple(of: 12) { events.append(.spoke) }
      }
    }
    rest.removeFirst(start)
    return events
  }

  mutating func reset() {
    isSpeaking = false
    (loudFrames, quietFrames, spokenFrames) = (0, 0, 0)
  }

  private mutating func frameHeard(_ isLoud: Bool) -> Event? {
    if isLoud {
      quietFrames = 0
      loudFrames += 1
      guard !isSpeaking, loudFrames >= 3 else { return nil }
      isSpeaking = true
      spokenFrames = 0
      return .started(atMilliseconds: max(0, milliseconds - 3 * Self.frameMilliseconds - prefixMilliseconds))
    }
    loudFrames = 0
    guard isSpeaking else { return nil }
    quietFrames += 1
    guard quietFrames * Self.frameMilliseconds >= silenceMilliseconds else { return nil }
    isSpeaking = false
    quietFrames = 0
    return .stopped(atMilliseconds: milliseconds)
  }

  private func isLoud(_ frame: ArraySlice<Int16>) -> Bool {
    let sum = frame.reduce(into: Int64(0)) { $0 += Int64($1) * Int64($1) }
    // A root mean square of 600 at the usual threshold: far above noise, far below speech.
    let limit = 1_200 * threshold
    return Double(sum) / Double(max(1, frame.count)) > limit * limit
  }
}
