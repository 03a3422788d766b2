import VoiceCore

/// Rate limits of the server (`X-Sentry-Rate-Limits`, else `Retry-After` of a 429, else 60 s).
struct SentryRateLimits: Sendable, Equatable {
  private var ends: [SentryCategory: UnixTime] = [:]
  /// End of a limit on all categories.
  private var everythingEnds: UnixTime?

  func isLimited(_ category: SentryCategory, at now: UnixTime) -> Bool {
    if category == .internal { return false }
    if let everythingEnds, now < everythingEnds { return true }
    return ends[category].map { now < $0 } ?? false
  }

  /// `limits` as in `60:transaction;error:organization:reason, 2700::key`; no category means all.
  mutating func received(status: Int, limits: String?, retryAfter: String?, at now: UnixTime) {
    let hasLimits = limits.map { read($0, at: now) } ?? false
    // A limit that cannot be read is one all the same.
    guard !hasLimits, status == 429 else { return }
    let end = now + .seconds(retryAfter.flatMap(Self.seconds) ?? 60)
    everythingEnds = max(everythingEnds ?? end, end)
  }

  /// Answers whether there is a limit in it that could be read.
  private mutating func read(_ limits: String, at now: UnixTime) -> Bool {
    var hasLimits = false
    for limit in limits.split(separator: ",") {
      let parts = limit.split(separator: ":", omittingEmptySubsequences: false).map { $0.filter { !$0.isWhitespace } }
      guard let seconds = parts.first.flatMap({ Self.seconds($0) }), parts.count >= 2 else { continue }
      hasLimits = true
      let end = now + .seconds(seconds)
      if parts[1].isEmpty { everythingEnds = max(everythingEnds ?? end, end) }
      // The server may name any number of categories; those that are never sent need no memory.
      for name in parts[1].split(separator: ";") {
        let category = SentryCategory(String(name))
        if [.error, .transaction, .session].contains(category) { ends[category] = max(ends[category] ?? end, end) }
      }
    }
    return hasLimits
  }

  /// A number of seconds up to a day; nil where the server wrote none.
  private static func seconds(_ text: String) -> Double? {
    Double(text.trimmed).flatMap { $0 >= 0 ? min($0, 86_400) : nil }
  }
}
