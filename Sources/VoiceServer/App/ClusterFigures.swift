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
final class ClusterFigures: Service {
  private struct Addition: Sendable {
    var entry: DayLedger.Entry
    var batch = UUID().uuidString
  }
  private struct Redis: Sendable {
    var board: RedisInstanceBoard
    var book: RedisDayBook
  }
  private let redis: Redis?
  private let stats: StatsCollector
  private let ledger: DayLedger
  private let instance: String
  /// An addition whose answer did not come: it is sent again under its own name, before any other, so that it counts once.
  private let unconfirmed = NIOLockedValueBox<Addition?>(nil)
  private let logger: Logger
  private static let interval = Duration.seconds(5)
  private static let lifetime = Duration.seconds(20)
  private static let shownDays: Int64 = 14

  init(_ redis: RedisStorage?, prefix: String, stats: StatsCollector, ledger: DayLedger, logger: Logger) {
    self.redis = redis.map {
      Redis(board: RedisInstanceBoard($0.client, prefix: prefix), book: RedisDayBook($0.client, prefix: prefix))
    }
    self.stats = stats
    self.ledger = ledger
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
      while !Task.isCancelled {
        await tell(redis)
        try? await Task.sleep(for: Self.interval)
      }
    }
    await keepDays(redis)
    try? await redis.board.withdraw(instance)
  }

  /// Stats of this instance, or of all; without Redis, or while it is away, this one is all that is known of.
  @Sendable func report(_ scope: StatsScope) async -> StatsReport {
    guard scope == .cluster, let report = await clusterStats() else { return stats.report() }
    return report
  }

  /// Nil where there is no Redis, or it is away.
  private func clusterStats() async -> StatsReport? {
    guard let redis, var posts = try? await redis.board.posts() else { return nil }
    posts[instance] = nil
    var all = stats.snapshot()
    var instances = 1
    for post in posts.values {
      // Of another release, perhaps.
      guard let tally = try? JSONDecoder().decode(StatsTally.self, from: Data(post.utf8)) else { continue }
      all.merge(tally)
      instances += 1
    }
    var report = StatsReport(all, startedAt: stats.startedAt, now: UnixTime.now())
    report.scope = "cluster"
    report.instances = instances
    return report
  }

  /// Returns the totals of the last two weeks, empty days included; those of this instance without Redis.
  func days() async -> [DayFigures] {
    guard let redis else { return ledger.figures }
    let news = ledger.news
    var days: [DayFigures] = []
    for day in ledger.lastDays(Self.shownDays) {
      guard let page = try? await redis.book.page(day) else { return ledger.figures }
      var figures = DayFigures(day: day, sums: page.sums, users: page.users)
      if let unstored = news[day] { figures.add(unstored) }
      if !figures.sums.isEmpty { days.append(figures) }
    }
    return days
  }

  private func tell(_ redis: Redis) async {
    do {
      let text = String(decoding: try JSONEncoder().encode(stats.snapshot()), as: UTF8.self)
      try await redis.board.post(text, as: instance, for: Self.lifetime)
    } catch {
      logger.debug("failed to publish stats", metadata: ["error": "\(error)"])
    }
    await keepDays(redis)
  }

  /// Called by ``run()`` alone: one addition at a time is under way.
  private func keepDays(_ redis: Redis) async {
    if let last = unconfirmed.withLockedValue({ $0 }), await !add(last, redis) { return }
    var entries = ledger.take()[...]
    while let entry = entries.popFirst() {
      guard await add(Addition(entry: entry), redis) else {
        // None of these was sent.
        for rest in entries { ledger.putBack(rest) }
        return
      }
    }
  }

  /// False where it is not known whether it was counted.
  private func add(_ addition: Addition, _ redis: Redis) async -> Bool {
    let entry = addition.entry
    unconfirmed.withLockedValue { $0 = addition }
    do {
      try await redis.book.add(
        entry.figures.sums, users: Array(entry.users), to: entry.figures.day, writer: instance, batch: addition.batch)
    } catch { return false }
    unconfirmed.withLockedValue { $0 = nil }
    return true
  }
}
