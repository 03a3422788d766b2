import VoiceCore

/// The exact sliding window of one user: a log of when each counted session was admitted.
///
/// A session counts from its admission, and no more at exactly one window later.
struct SlidingWindowLog: Sendable {
  /// Oldest first.
  private(set) var entries: [(session: SessionID, at: UnixTime)] = []

  var isEmpty: Bool { entries.isEmpty }

  /// Counts `session`, unless the window is full. A session that is in the log already is admitted and not counted again.
  mutating func admit(_ session: SessionID, limit: Int, window: Duration, at now: UnixTime) -> RateDecision {
    expire(window, at: now)
    let isKnown = entries.contains { $0.session == session }
    let isAllowed = isKnown || entries.count < limit
    if isAllowed, !isKnown { entries.append((session, now)) }
    let reset = entries.first.map { $0.at + window - now } ?? .zero
    // More than the limit may be in the log, after `record`: a place is free when all but `limit - 1` have left.
    let retry = isAllowed ? nil : entries[entries.count - limit].at + window - now
    return RateDecision(
      isAllowed: isAllowed, limit: limit, remaining: max(0, limit - entries.count), resetAfter: reset, retryAfter: retry)
  }

  /// Counts a session that was admitted elsewhere, whatever the limit.
  mutating func record(_ session: SessionID, at time: UnixTime) {
    guard !entries.contains(where: { $0.session == session }) else { return }
    entries.insert((session, time), at: entries.firstIndex { $0.at > time } ?? entries.endIndex)
  }

  mutating func refund(_ session: SessionID) { entries.removeAll { $0.session == session } }

  mutating func expire(_ window: Duration, at now: UnixTime) {
    // A clock that was set back leaves nobody locked out for longer than a window.
    entries.removeAll { $0.at + window <= now || $0.at > now + window }
  }
}
