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
      "type": "default", "message": .string(Scrubber.scrub(message, maxBytes: 512)),
      "data": .object(
        data.map { ($0, .string(Scrubber.isPrivate(name: $0) ? Scrubber.mark : Scrubber.scrub($1, maxBytes: 256))) }),
    ]
  }
}

/// The last log lines: all sessions' together in one ring, the process' own in another, which many sessions cannot push out.
struct SentryBreadcrumbs: Sendable {
  private struct Ring: Sendable {
    var crumbs: [SentryBreadcrumb] = []
    var next = 0
    let capacity: Int

    mutating func add(_ crumb: SentryBreadcrumb) {
      if crumbs.count < capacity {
        crumbs.append(crumb)
      } else {
        crumbs[next] = crumb
        next = (next + 1) % capacity
      }
    }

    var inOrder: ArraySlice<SentryBreadcrumb> { crumbs[next...] + crumbs[..<next] }
  }
  private var sessions: Ring
  private var process: Ring

  /// `capacity` is of all sessions; the process has a fifth of it.
  init(capacity: Int) {
    sessions = Ring(capacity: max(1, capacity))
    process = Ring(capacity: max(1, capacity / 5))
  }

  mutating func add(_ crumb: SentryBreadcrumb) {
    if crumb.session == nil { process.add(crumb) } else { sessions.add(crumb) }
  }

  /// Of this session and of the process, oldest first, at most `limit`.
  func trail(of session: String?, limit: Int) -> [SentryBreadcrumb] {
    let own = session == nil ? [] : sessions.inOrder.filter { $0.session == session }
    return Array((process.inOrder + own).sorted { $0.time < $1.time }.suffix(limit))
  }
}
