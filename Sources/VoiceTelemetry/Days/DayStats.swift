import VoiceCore

/// Totals of one day.
public struct DayStats: Codable, Sendable, Equatable {
  /// `2026-11-21`, UTC.
  public var day: String
  /// Billionths of a US dollar.
  public var costNanoUSD = 0
  /// Responses and transcripts whose price is not known.
  public var unpriced = 0
  /// Sessions that started.
  public var sessions = 0
  /// Callers that were refused.
  public var refused = 0
  /// Turns that got an answer.
  public var turns = 0
  /// Sessions that a fault of the server's side ended, or kept from beginning.
  public var faults = 0
  /// Distinct users.
  public var users = 0

  /// Creates totals of a day without sessions.
  public init(day: String) { self.day = day }

  /// All but the users, by the names under which they are kept.
  private static let sums: [(name: String, path: any WritableKeyPath<DayStats, Int> & Sendable)] = [
    ("cost_nano_usd", \.costNanoUSD), ("unpriced", \.unpriced), ("sessions", \.sessions), ("refused", \.refused), ("turns", \.turns),
    ("faults", \.faults),
  ]

  /// Creates totals of a day from sums by name.
  public init(day: String, sums: [String: Int], users: Int) {
    self.day = day
    self.users = users
    for (name, path) in Self.sums { self[keyPath: path] = sums[name] ?? 0 }
  }

  /// Those that are not 0.
  public var sums: [String: Int] {
    Dictionary(uniqueKeysWithValues: Self.sums.map { ($0.name, self[keyPath: $0.path]) }.filter { $0.1 != 0 })
  }

  /// Adds all sums; users cannot be added, some may be the same.
  public mutating func add(_ other: DayStats) {
    for (_, path) in Self.sums { self[keyPath: path] = self[keyPath: path].adding(other[keyPath: path]) }
  }
}
