import NIOConcurrencyHelpers
public import TelemetryExport
public import VoiceCore

/// Gathers the figures of `/v1/voice/stats` and `/metrics` from what sessions report.
///
/// Traffic comes once a read loop of every session, so it is spread over locks that event loops hardly ever meet on;
/// everything else comes a few times a turn and shares one.
public final class StatsCollector: RelayObserver {
  private let shards = (0..<16).map { _ in NIOLockedValueBox(RelayTraffic()) }
  private struct State {
    var tally: StatsSnapshot
    /// Time of the request of the current response, by session.
    var requests: [SessionID: UnixTime] = [:]
  }
  private let state: NIOLockedValueBox<State>
  private let prices: PriceTable
  private let now: @Sendable () -> UnixTime
  /// Time of the start.
  public let startedAt: UnixTime

  /// Creates a stats collector.
  public init(prices: PriceTable = .published, now: @escaping @Sendable () -> UnixTime = UnixTime.now) {
    self.prices = prices
    self.now = now
    startedAt = now()
    state = NIOLockedValueBox(State(tally: StatsSnapshot(now: startedAt)))
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    let time = now()
    state.withLockedValue { state in
      let asked = Self.follow(event, session.id, at: time, &state.requests)
      state.tally.observed(event, in: session, at: time, prices: prices, answered: asked.map { time - $0 })
    }
  }

  public func relayed(_ traffic: RelayTraffic, by session: SessionID) {
    // The last digit of a session's random name is a fair choice and costs nothing.
    let shard = Int(session.rawValue.utf8.last ?? 0) & 15
    shards[shard].withLockedValue { $0.add(traffic) }
  }

  /// Time of the request of the response that this event ends.
  private static func follow(_ event: RelayEvent, _ session: SessionID, at now: UnixTime, _ requests: inout [SessionID: UnixTime])
    -> UnixTime?
  {
    switch event {
    case .turn(let turn):
      requests[session] = now - turn.upstream
      return nil
    case .responseDone, .ended: return requests.removeValue(forKey: session)
    default: return nil
    }
  }

  /// The figures up to now, as `GET /v1/voice/stats` answers them.
  public func report() -> StatsReport { StatsReport(snapshot(), startedAt: startedAt, now: now()) }

  /// The same figures as metrics.
  ///
  /// - Parameters:
  ///   - version: of the running release, a label of `voice_build_info`.
  ///   - provider: `gen_ai.provider.name`.
  public func metrics(version: String, provider: String = "openai") -> [MetricFamily] {
    MetricFamily.all(snapshot(), version: version, provider: provider)
  }

  /// The same figures in the Prometheus text format, or in OpenMetrics where `Accept` wants it: what `GET /metrics` answers.
  ///
  /// - Parameter version: of the running release, a label of `voice_build_info`.
  public func prometheusText(version: String) -> @Sendable (_ accept: String?) async -> (text: String, contentType: String) {
    { accept in
      let format = PrometheusFormat(accept: accept)
      return (PrometheusText.render(self.metrics(version: version), as: format), format.contentType)
    }
  }

  /// All figures up to now.
  package func snapshot() -> StatsSnapshot {
    let time = now()
    var copy = state.withLockedValue { state in
      state.tally.turnDay(time)
      return state.tally
    }
    for shard in shards { copy.traffic.add(shard.withLockedValue { $0 }) }
    return copy
  }
}
