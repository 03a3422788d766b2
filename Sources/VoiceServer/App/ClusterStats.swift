import Foundation
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import SessionStore
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// Figures of all instances: what each one says of itself in Redis, and the sums by day that they share there. Without Redis this
/// instance is all there is.
final class ClusterStats: Service {
  private struct Addition: Sendable {
    var entry: DailyTotals.Entry
    var batch = UUID().uuidString
  }
  private struct Redis: Sendable {
    var registry: RedisInstanceRegistry
    var totals: RedisDailyTotals
  }
  private let redis: Redis?
  private let stats: StatsCollector
  private let totals: DailyTotals
  private let instance: String
  /// An addition whose answer did not come: it is sent again under its own name, before any other, so that it counts once.
  private let unconfirmed = NIOLockedValueBox<Addition?>(nil)
  private let logger: Logger
  private static let interval = Duration.seconds(5)
  /// Time for which a sum over all instances is told again: each read takes what every instance said.
  private static let freshness = Duration.seconds(2)
  /// Figures of instances that are gone, which this one keeps from here on: sums over all instances never go down.
  private let departed = NIOLockedValueBox<StatsSnapshot?>(nil)
  private let lastSum = NIOLockedValueBox<(at: ContinuousClock.Instant, report: StatsReport)?>(nil)
  private static let lifetime = Duration.seconds(20)
  private static let shownDays: Int64 = 14

  init(_ redis: RedisStorage?, prefix: String, stats: StatsCollector, totals: DailyTotals, logger: Logger) {
    self.redis = redis.map {
      Redis(registry: RedisInstanceRegistry($0.client, prefix: prefix), totals: RedisDailyTotals($0.client, prefix: prefix))
    }
    self.stats = stats
    self.totals = totals
    self.logger = logger
    instance = UUID().uuidString.lowercased()
  }

  /// Tells the others, until shut down; then what is left, and goodbye.
  func run() async {
    guard let redis else {
      try? await gracefulShutdown()
      return
    }
    await cancelWhenGracefulShutdown { [self] in
      if let board = try? await redis.registry.read() { await takeOver(board.abandoned, redis) }
      while !Task.isCancelled {
        await tell(redis)
        try? await Task.sleep(for: Self.interval)
      }
    }
    await keepDays(redis)
    // The figures stay behind, for another instance to keep.
    try? await publish(redis, for: .zero)
  }

  /// Stats of this instance, or of all; without Redis, or while Redis is unavailable, this one is all that is known of.
  @Sendable func report(_ scope: StatsScope) async -> StatsReport {
    guard scope == .cluster else { return stats.report() }
    if let last = lastSum.withLockedValue({ $0 }), ContinuousClock.now - last.at < Self.freshness { return last.report }
    guard let report = await clusterStats() else { return stats.report() }
    lastSum.withLockedValue { $0 = (ContinuousClock.now, report) }
    return report
  }

  /// Nil where there is no Redis, or it is away.
  private func clusterStats() async -> StatsReport? {
    guard let redis, var board = try? await redis.registry.read() else { return nil }
    // What this one said last may be late, and is no one's to keep.
    for path in [\RedisInstanceRegistry.Board.living, \.departed, \.abandoned] { board[keyPath: path][instance] = nil }
    var all = figures()
    var instances = 1
    for text in board.living.values {
      guard let other = Self.figures(text) else { continue }
      all.merge(other)
      instances += 1
    }
    for text in [board.departed, board.abandoned].flatMap(\.values) { Self.figures(text).map { all.take(over: $0) } }
    await takeOver(board.abandoned, redis)
    var report = StatsReport(all, startedAt: stats.startedAt, now: UnixTime.now())
    report.scope = "cluster"
    report.instances = instances
    return report
  }

  /// Returns the totals of the last two weeks, empty days included; those of this instance without Redis.
  func days() async -> [DayStats] {
    guard let redis else { return totals.figures }
    let news = totals.news
    var days: [DayStats] = []
    for day in totals.lastDays(Self.shownDays) {
      guard let page = try? await redis.totals.page(day) else { return totals.figures }
      var figures = DayStats(day: day, sums: page.sums, users: page.users)
      if let unstored = news[day] { figures.add(unstored) }
      if !figures.sums.isEmpty { days.append(figures) }
    }
    return days
  }

  private func tell(_ redis: Redis) async {
    do {
      try await publish(redis, for: Self.lifetime)
    } catch {
      logger.debug("failed to publish stats", metadata: ["error": "\(error)"])
    }
    await keepDays(redis)
  }

  /// Keeps what abandoned instances said last, and says it from here on.
  private func takeOver(_ texts: [String: String], _ redis: Redis) async {
    var isNew = false
    for (name, text) in texts where (try? await redis.registry.takeOver(name)) == true {
      guard let figures = Self.figures(text) else { continue }
      departed.withLockedValue { kept in
        var sum = kept ?? StatsSnapshot(now: UnixTime.now())
        sum.take(over: figures)
        kept = sum
      }
      isNew = true
    }
    if isNew { try? await publish(redis, for: Self.lifetime) }
  }

  /// Nil: of another release, perhaps.
  private static func figures(_ text: String) -> StatsSnapshot? { try? JSONDecoder().decode(StatsSnapshot.self, from: Data(text.utf8)) }

  private func publish(_ redis: Redis, for lifetime: Duration) async throws {
    let text = String(decoding: try JSONEncoder().encode(figures()), as: UTF8.self)
    try await redis.registry.publish(text, as: instance, for: lifetime)
  }

  /// This instance's figures, and those that it keeps of instances that are gone.
  private func figures() -> StatsSnapshot {
    var figures = stats.snapshot()
    if let departed = departed.withLockedValue({ $0 }) { figures.take(over: departed) }
    return figures
  }

  /// Called by ``run()`` alone: one addition at a time is under way.
  private func keepDays(_ redis: Redis) async {
    if let last = unconfirmed.withLockedValue({ $0 }), await !add(last, redis) { return }
    var entries = totals.take()[...]
    while let entry = entries.popFirst() {
      guard await add(Addition(entry: entry), redis) else {
        // None of these was sent.
        for rest in entries { totals.putBack(rest) }
        return
      }
    }
  }

  /// False where it is not known whether it was counted.
  private func add(_ addition: Addition, _ redis: Redis) async -> Bool {
    let entry = addition.entry
    unconfirmed.withLockedValue { $0 = addition }
    do {
      try await redis.totals.add(
        entry.figures.sums, users: Array(entry.users), to: entry.figures.day, writer: instance, batch: addition.batch)
    } catch { return false }
    unconfirmed.withLockedValue { $0 = nil }
    return true
  }
}
