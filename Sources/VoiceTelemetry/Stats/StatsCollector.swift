import NIOConcurrencyHelpers
public import VoiceCore

/// Gathers the figures of `/v1/voice/stats` and `/metrics` from what sessions report.
///
/// Traffic comes once a read loop of every session, so it is spread over locks that event loops hardly ever meet on;
/// everything else comes a few times a turn and shares one.
public final class StatsCollector: RelayObserver {
  private let shards = (0..<16).map { _ in NIOLockedValueBox(RelayTraffic()) }
  private let tally: NIOLockedValueBox<StatsTally>
  private let prices: PriceTable
  private let now: @Sendable () -> UnixTime
  public let startedAt: UnixTime

  public init(prices: PriceTable = .published, now: @escaping @Sendable () -> UnixTime) {
    self.prices = prices
    self.now = now
    startedAt = now()
    tally = NIOLockedValueBox(StatsTally(now: startedAt))
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    if case .traffic(let traffic) = event {
      // The last digit of a session's random name is a fair choice and costs nothing.
      let shard = Int(session.id.rawValue.utf8.last ?? 0) & 15
      shards[shard].withLockedValue { $0.add(traffic) }
    } else {
      let time = now()
      tally.withLockedValue { $0.observed(event, in: session, at: time, prices: prices) }
    }
  }

  /// All figures up to now.
  public func snapshot() -> StatsTally {
    let time = now()
    var copy = tally.withLockedValue { tally in
      tally.turnDay(time)
      return tally
    }
    for shard in shards { copy.traffic.add(shard.withLockedValue { $0 }) }
    return copy
  }
}
