import VoiceCore

/// Sessions that ended, counted by the minute in which they began, as servers report them (item `sessions`).
struct SentryReleaseHealth: Sendable, Equatable {
  struct Count: Sendable, Equatable {
    var exited = 0
    var errored = 0
  }
  private(set) var minutes: [Int64: Count] = [:]
  private let maxMinutes = 120

  var isEmpty: Bool { minutes.isEmpty }
  var count: Int { minutes.values.reduce(0) { $0 + $1.exited + $1.errored } }

  mutating func ended(startedAt: UnixTime, isErrored: Bool) {
    var minute = startedAt.milliseconds / 60_000
    if minutes[minute] == nil, minutes.count >= maxMinutes, let latest = minutes.keys.max() { minute = latest }
    if isErrored { minutes[minute, default: Count()].errored += 1 } else { minutes[minute, default: Count()].exited += 1 }
  }

  func envelope(_ configuration: SentryConfiguration) -> SentryEnvelope {
    let aggregates = minutes.sorted { $0.key < $1.key }.map { minute, count -> JSONNode in
      var members: [(String, JSONNode)] = [("started", .string(ISO8601.text(UnixTime(milliseconds: minute * 60_000))))]
      if count.exited > 0 { members.append(("exited", .integer(Int64(count.exited)))) }
      if count.errored > 0 { members.append(("errored", .integer(Int64(count.errored)))) }
      return .object(members)
    }
    let payload: JSONNode = [
      "aggregates": .array(aggregates),
      "attrs": ["release": .string(SentryRelease.name(configuration.release)), "environment": .string(configuration.environment)],
    ]
    return SentryEnvelope(category: .session, header: [], type: "sessions", payload: payload.bytes, quantity: count)
  }
}
