import VoiceCore

/// Lets the first few of a kind through in a while, and counts the others.
struct RepeatLimiter: Sendable {
  private struct Entry {
    var began: UnixTime
    var passed = 1
    var held = 0
  }
  private var entries: [String: Entry] = [:]
  private let window: Duration
  private let burst: Int
  private let maxKinds: Int

  /// `burst` may pass in each `window`.
  init(window: Duration, burst: Int = 1, maxKinds: Int = 256) {
    self.window = window
    self.burst = burst
    self.maxKinds = maxKinds
  }

  /// Returns the number of suppressed events of this kind since the last that passed; nil = suppress this one too.
  mutating func seen(_ kind: String, at now: UnixTime) -> Int? {
    if var entry = entries[kind], now < entry.began + window {
      let passes = entry.passed < burst
      if passes { entry.passed += 1 } else { entry.held += 1 }
      entries[kind] = entry
      return passes ? 0 : nil
    }
    let before = entries[kind]?.held ?? 0
    if entries.count >= maxKinds { entries = entries.filter { now < $0.value.began + window } }
    // More kinds at once than can be kept: those go through, whatever waits behind has a bound of its own.
    if entries.count < maxKinds { entries[kind] = Entry(began: now) }
    return before
  }

  /// Kinds whose window is over and of which some were held back: they are reported now, and begin anew.
  mutating func expired(at now: UnixTime) -> [(kind: String, count: Int)] {
    let over = entries.filter { now >= $0.value.began + window }
    for kind in over.keys { entries[kind] = nil }
    return over.filter { $0.value.held > 0 }.map { ($0.key, $0.value.held) }.sorted { $0.0 < $1.0 }
  }
}
