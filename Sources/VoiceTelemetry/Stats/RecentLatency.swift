package import VoiceCore

/// Durations of the last minutes, a tally for each of them.
package struct RecentLatency: Sendable, Codable {
  /// Whole minutes that are kept beside the one under way.
  package static let minutes: Int64 = 5
  private var tallies: [Int64: LatencyHistogram] = [:]

  package init() {}

  mutating func record(_ duration: Duration, at now: UnixTime) {
    let minute = now.milliseconds / 60_000
    if tallies[minute] == nil { tallies = tallies.filter { $0.key >= minute - Self.minutes } }
    tallies[minute, default: LatencyHistogram()].record(duration)
  }

  /// All of the last minutes together.
  package func tally(at now: UnixTime) -> LatencyHistogram {
    let minute = now.milliseconds / 60_000
    return tallies.reduce(into: LatencyHistogram()) { sum, entry in
      if (minute - Self.minutes...minute).contains(entry.key) { sum.merge(entry.value) }
    }
  }

  mutating func merge(_ other: RecentLatency) {
    for (minute, tally) in other.tallies {
      if tallies[minute] == nil { tallies[minute] = tally } else { tallies[minute]?.merge(tally) }
    }
    // Of instances whose clocks are far apart, the newest minutes count.
    guard let newest = tallies.keys.max() else { return }
    tallies = tallies.filter { $0.key >= newest - Self.minutes }
  }
}
