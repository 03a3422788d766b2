import NIOConcurrencyHelpers
import TelemetryExport
public import VoiceCore

/// Sums by day, of this instance since its start; what is new can be taken out, for sums that all instances share.
public final class DailyTotals: RelayObserver {
  /// Changes of a day since they were taken last.
  public struct Entry: Sendable, Equatable {
    /// Totals of the day.
    public var figures: DayStats
    /// Hashes that stand for users; no names.
    public var users: Set<String> = []
  }
  private struct Day {
    var figures: DayStats
    var users = HyperLogLog()
    var news: Entry
  }
  private let days = NIOLockedValueBox<[Int64: Day]>([:])
  private let prices: PriceTable
  private let now: @Sendable () -> UnixTime
  private let keptDays: Int64 = 31
  private static let maxNewUsers = 10_000

  /// Creates empty totals.
  public init(prices: PriceTable = .published, now: @escaping @Sendable () -> UnixTime) {
    self.prices = prices
    self.now = now
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    var change = DayStats(day: "")
    var user: UInt64?
    switch event {
    case .started(let isResumed):
      change.sessions = isResumed ? 0 : 1
      user = session.userID.map(HyperLogLog.hash)
    case .refused(let reason, _):
      change.refused = 1
      change.faults = reason.isServerFault ? 1 : 0
    case .ended(let reason, _): change.faults = reason.isServerFault ? 1 : 0
    case .turn: change.turns = 1
    case .responseDone(_, let usage?): Self.spent(prices.cost(of: usage, model: session.model), &change)
    case .transcribed(let model, let seconds): Self.spent(prices.cost(ofSeconds: seconds, model: model), &change)
    default: return
    }
    let number = now().day
    days.withLockedValue { days in
      var day = days.removeValue(forKey: number) ?? Self.begin(number, &days, keeping: keptDays)
      day.figures.add(change)
      day.news.figures.add(change)
      if let user {
        day.users.insert(hash: user)
        if day.news.users.count < Self.maxNewUsers { day.news.users.insert(String(user, radix: 36)) }
      }
      days[number] = day
    }
  }

  /// The last days that something happened on, in their order.
  public var figures: [DayStats] {
    days.withLockedValue { $0 }.sorted { $0.key < $1.key }.map { _, day in
      var figures = day.figures
      figures.users = day.users.count
      return figures
    }
  }

  /// Entries not yet taken, by day.
  public var news: [String: DayStats] {
    days.withLockedValue { days in
      Dictionary(days.values.map { ($0.news.figures.day, $0.news.figures) }) { first, _ in first }
    }
  }

  /// Takes what is new; the caller stores it or puts it back.
  public func take() -> [Entry] {
    days.withLockedValue { days in
      days.keys.compactMap { number in
        guard let news = days[number]?.news, !news.figures.sums.isEmpty || !news.users.isEmpty else { return nil }
        days[number]?.news = Entry(figures: DayStats(day: news.figures.day))
        return news
      }
    }
  }

  /// Puts back an entry that could not be stored.
  public func putBack(_ entry: Entry) {
    days.withLockedValue { days in
      guard let number = days.first(where: { $0.value.figures.day == entry.figures.day })?.key else { return }
      days[number]?.news.figures.add(entry.figures)
      days[number]?.news.users.formUnion(entry.users)
    }
  }

  /// The names of the last days up to today, oldest first.
  public func lastDays(_ count: Int64) -> [String] {
    let today = now().day
    return (0..<count).reversed().map { Self.name(today - $0) }
  }

  private static func begin(_ number: Int64, _ days: inout [Int64: Day], keeping kept: Int64) -> Day {
    days = days.filter { $0.key > number - kept }
    let figures = DayStats(day: name(number))
    return Day(figures: figures, news: Entry(figures: figures))
  }

  private static func spent(_ cost: Double?, _ change: inout DayStats) {
    // A sum that is no number, or more than anyone can spend, is no price.
    if let cost, (0...1e9).contains(cost) { change.costNanoUSD = Int((cost * 1e9).rounded()) } else { change.unpriced = 1 }
  }

  private static func name(_ day: Int64) -> String { String(ISO8601.text(UnixTime(milliseconds: day * 86_400_000)).prefix(10)) }
}
