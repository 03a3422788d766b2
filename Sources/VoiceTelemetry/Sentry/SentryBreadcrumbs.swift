import VoiceCore

/// A log line that may explain an error to come.
struct SentryBreadcrumb: Sendable, Equatable {
  var time: UnixTime
  var level: SentryLevel
  var label: String
  var message: String
  /// The session that it belongs to; nil: the process'.
  var session: String?
  var data: [(String, String)] = []

  static func == (left: Self, right: Self) -> Bool {
    (left.time, left.level, left.label, left.message, left.session) == (right.time, right.level, right.label, right.message, right.session)
      && left.data.elementsEqual(right.data, by: ==)
  }

  /// Scrubbed here: far fewer are ever sent than are kept.
  var json: JSONNode {
    [
      "timestamp": .number(Double(time.milliseconds) / 1_000), "level": .string(level.rawValue), "category": .string(label),
      "type": "default", "message": .string(SentryScrubber.scrub(message, maxBytes: 512)),
      "data": .object(
        data.map { ($0, .string(SentryScrubber.isPrivate(name: $0) ? SentryScrubber.mark : SentryScrubber.scrub($1, maxBytes: 256))) }),
    ]
  }
}

/// The last log lines, all sessions' together, in a ring.
struct SentryBreadcrumbs: Sendable {
  private var ring: [SentryBreadcrumb] = []
  private var next = 0
  private let capacity: Int

  init(capacity: Int) { self.capacity = max(1, capacity) }

  mutating func add(_ crumb: SentryBreadcrumb) {
    if ring.count < capacity {
      ring.append(crumb)
    } else {
      ring[next] = crumb
      next = (next + 1) % capacity
    }
  }

  /// Of this session and of the process, oldest first, at most `limit`.
  func trail(of session: String?, limit: Int) -> [SentryBreadcrumb] {
    let inOrder = ring[next...] + ring[..<next]
    return Array(inOrder.filter { $0.session == nil || $0.session == session }.suffix(limit))
  }
}
