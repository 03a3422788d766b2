import Logging
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

  static let maxMessageBytes = 512
  static let maxValueBytes = 256

  static func == (left: Self, right: Self) -> Bool {
    (left.time, left.level, left.label, left.message, left.session) == (right.time, right.level, right.label, right.message, right.session)
      && left.data.elementsEqual(right.data, by: ==)
  }

  /// Scrubbed here: far fewer are ever sent than are kept.
  var json: JSONNode {
    [
      "timestamp": .number(Double(time.milliseconds) / 1_000), "level": .string(level.rawValue), "category": .string(label),
      "type": "default", "message": .string(Scrubber.scrub(message, maxBytes: Self.maxMessageBytes)),
      "data": .object(
        data.map { ($0, .string(Scrubber.isPrivate(name: $0) ? Scrubber.mark : Scrubber.scrub($1, maxBytes: Self.maxValueBytes))) }),
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

  /// Breadcrumbs of this session and of the process, oldest first, at most `limit`.
  func trail(of session: String?, limit: Int) -> [SentryBreadcrumb] {
    let own = session == nil ? [] : sessions.inOrder.filter { $0.session == session }
    return Array((process.inOrder + own).sorted { $0.time < $1.time }.suffix(limit))
  }
}

extension SentryBreadcrumb {
  /// Cut to what would be sent of it, since hundreds are kept, and without the user's own name.
  init(_ event: LogEvent, _ metadata: Logger.Metadata, label: String, time: UnixTime, pseudonyms: UserPseudonyms) {
    let user = metadata["user"]?.description
    func kept(_ text: String, _ limit: Int) -> String {
      guard let user else { return text.cut(toBytes: limit) }
      // Half of a name is found no more.
      return pseudonyms.replacing(user, in: text.cut(toBytes: limit + user.utf8.count)).cut(toBytes: limit)
    }
    self.init(
      time: time, level: SentryLevel(event.level), label: label, message: kept(event.message.description, Self.maxMessageBytes),
      session: metadata["session"]?.description,
      data: metadata.filter { !["session", "trace_id", "span_id"].contains($0.key) }.prefix(16).map { name, value in
        (name, name == "user" ? pseudonyms.pseudonym(of: value.description).description : kept(value.description, Self.maxValueBytes))
      })
  }
}
