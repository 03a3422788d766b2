import VoiceCore

/// Counts of discarded items by reason: the content of client reports.
struct SentryDiscards: Sendable, Equatable {
  enum Reason: String, Sendable, CaseIterable {
    case queueOverflow = "queue_overflow"
    case rateLimit = "ratelimit_backoff"
    case networkError = "network_error"
    case sendError = "send_error"
    case sampleRate = "sample_rate"
    /// The same error again.
    case repeated = "event_processor"
  }
  private struct Key: Hashable {
    var reason: Reason
    var category: SentryCategory
  }
  private var counts: [Key: Int] = [:]

  var isEmpty: Bool { counts.isEmpty }

  mutating func add(_ reason: Reason, _ category: SentryCategory, _ quantity: Int = 1) {
    guard category != .internal, quantity > 0 else { return }
    counts[Key(reason: reason, category: category), default: 0] += quantity
  }

  mutating func add(_ other: Self) {
    for (key, count) in other.counts { counts[key, default: 0] += count }
  }

  /// Counts by reason, over all categories.
  var byReason: [String: Int] {
    counts.reduce(into: [:]) { $0[$1.key.reason.rawValue, default: 0] += $1.value }
  }

  func report(at now: UnixTime) -> JSONNode {
    let entries = counts.sorted { ($0.key.reason.rawValue, $0.key.category.name) < ($1.key.reason.rawValue, $1.key.category.name) }
    return [
      "timestamp": .number(Double(now.milliseconds) / 1_000),
      "discarded_events": .array(
        entries.map {
          ["reason": .string($0.key.reason.rawValue), "category": .string($0.key.category.name), "quantity": .integer(Int64($0.value))]
        }),
    ]
  }
}
