import VoiceCore

/// The exact sliding window of one user: a log of when each counted session was admitted.
///
/// A session counts from its admission, and no more at exactly one window later.
struct SlidingWindowLog: Sendable {
  /// Oldest first.
  private(set) var entries: [Entry] = []

  struct Entry: Sendable {
    var session: SessionID
    var at: UnixTime
    /// Admitted by another instance, as the shared store said last.
    var isElsewhere = false
  }

  var isEmpty: Bool { entries.isEmpty }

  /// Counts `session`, unless the window is full. A session that is in the log already is admitted and not counted again.
  mutating func admit(_ session: SessionID, limit: Int, window: Duration, at now: UnixTime) -> RateDecision {
    expire(window, at: now)
    let isKnown = entries.contains { $0.session == session }
    let isAllowed = isKnown || entries.count < limit
    if isAllowed, !isKnown { entries.append(Entry(session: session, at: now)) }
    let reset = entries.first.map { $0.at + window - now } ?? .zero
    // More than the limit may be in the log, after `record`: a place is free when all but `limit - 1` have left.
    let retry = isAllowed ? nil : entries[entries.count - limit].at + window - now
    return RateDecision(
      isAllowed: isAllowed, limit: limit, remaining: max(0, limit - entries.count), resetAfter: reset, retryAfter: retry)
  }

  /// Counts a session that was admitted elsewhere, whatever the limit.
  mutating func record(_ session: SessionID, at time: UnixTime) {
    if let index = entries.firstIndex(where: { $0.session == session }) {
      entries[index].isElsewhere = false
      return
    }
    insert(Entry(session: session, at: time))
  }

  /// Puts these in place of what other instances were known to have admitted.
  mutating func noteElsewhere(_ admissions: [(session: SessionID, at: UnixTime)]) {
    entries.removeAll { $0.isElsewhere }
    for (session, time) in admissions where !entries.contains(where: { $0.session == session }) {
      insert(Entry(session: session, at: time, isElsewhere: true))
    }
  }

  private mutating func insert(_ entry: Entry) {
    entries.insert(entry, at: entries.firstIndex { $0.at > entry.at } ?? entries.endIndex)
  }

  mutating func refund(_ session: SessionID) { entries.removeAll { $0.session == session } }

  mutating func expire(_ window: Duration, at now: UnixTime) {
    // A clock that was set back locks no user out for longer than a window.
    entries.removeAll { $0.at + window <= now || $0.at > now + window }
  }
}
