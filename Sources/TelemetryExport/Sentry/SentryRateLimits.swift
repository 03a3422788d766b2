import VoiceCore

/// Rate limits of the server (`X-Sentry-Rate-Limits`, else `Retry-After` of a 429).
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
    if let limits {
      for limit in limits.split(separator: ",") {
        let parts = limit.split(separator: ":", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        guard let seconds = parts.first.flatMap({ Self.seconds($0) }), parts.count >= 2 else { continue }
        let end = now + .seconds(seconds)
        if parts[1].isEmpty { everythingEnds = max(everythingEnds ?? end, end) }
        // The server may name any number of categories; those that are never sent need no memory.
        for name in parts[1].split(separator: ";") {
          let category = SentryCategory(String(name))
          if [.error, .transaction, .session].contains(category) { ends[category] = max(ends[category] ?? end, end) }
        }
      }
    } else if status == 429 {
      let end = now + .seconds(retryAfter.flatMap(Self.seconds) ?? 60)
      everythingEnds = max(everythingEnds ?? end, end)
    }
  }

  /// A number of seconds up to a day; nil where the server wrote none.
  private static func seconds(_ text: some StringProtocol) -> Double? { Double(text).flatMap { $0 >= 0 ? min($0, 86_400) : nil } }
}
