import TelemetryExport
package import VoiceCore

extension StatsReport {
  /// The figures of one instance.
  package init(_ tally: StatsSnapshot, startedAt: UnixTime, now: UnixTime) {
    scope = "instance"
    instances = 1
    timestamp = ISO8601.text(now)
    uptimeSeconds = (now - startedAt).components.seconds
    sessions = Sessions(
      active: tally.active, started: tally.started, resumed: tally.resumed, ended: tally.ended.values, refused: tally.refused.values)
    let traffic = tally.traffic
    audioChunks = Flow(fromClient: traffic.audioChunksFromClient, toClient: traffic.audioChunksToClient)
    bytes = Flow(fromClient: traffic.bytesFromClient, toClient: traffic.bytesToClient)
    messages = Flow(fromClient: traffic.messagesFromClient, toClient: traffic.messagesToClient)
    let outcomes = tally.retrievals
    rag = Retrieval(
      queries: tally.queries.values.values.reduce(0, +), cancelled: tally.queries["cancelled"], failed: tally.queries["failed"],
      hit: outcomes["hit"], late: outcomes["late"], miss: outcomes["miss"], stale: outcomes["stale"], error: outcomes["error"],
      p50: tally.query.percentile(50), p95: tally.query.percentile(95), p99: tally.query.percentile(99),
      coverage: tally.coveredTurns > 0 ? (tally.coverage / Double(tally.coveredTurns) * 1_000).rounded() / 1_000 : nil)
    recent = Recent(
      windowSeconds: RecentLatency.minutes * 60, turnLatency: Percentiles(tally.recentTurns.tally(at: now)),
      rag: Percentiles(tally.recentQueries.tally(at: now)))
    turnLatency = Percentiles(tally.turns)
    upstream = Upstream(connect: Percentiles(tally.upstreamConnect), failed: tally.upstreamFailed.values)
    interruptions = tally.interruptions
    responses = tally.responses.values
    tokens = Tokens(today: tally.today.usage, total: tally.total.usage, byModel: tally.total.models.mapValues(\.usage))
    costUSD = Cost(
      today: tally.today.costUSD.orZero, total: tally.total.costUSD.orZero,
      // A model without a price is not one that costs nothing.
      byModel: tally.total.models.filter { $0.value.unpriced == 0 || $0.value.costUSD > 0 }.mapValues(\.costUSD.orZero),
      unpriced: tally.total.models.filter { $0.value.unpriced > 0 }.mapValues(\.unpriced))
    users = Users(today: tally.distinctUsers)
    errors = tally.errors.values
  }
}

extension StatsReport.Percentiles {
  init(_ tally: LatencyHistogram) {
    self.init(count: tally.count, p50: tally.percentile(50), p95: tally.percentile(95), p99: tally.percentile(99))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(count, forKey: .count)
    try container.encode(p50, forKey: .p50)
    try container.encode(p95, forKey: .p95)
    try container.encode(p99, forKey: .p99)
  }
}

extension StatsReport.Retrieval {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(queries, forKey: .queries)
    try container.encode(cancelled, forKey: .cancelled)
    try container.encode(failed, forKey: .failed)
    try container.encode(hit, forKey: .hit)
    try container.encode(late, forKey: .late)
    try container.encode(miss, forKey: .miss)
    try container.encode(stale, forKey: .stale)
    try container.encode(error, forKey: .error)
    try container.encode(p50, forKey: .p50)
    try container.encode(p95, forKey: .p95)
    try container.encode(p99, forKey: .p99)
    try container.encode(coverage, forKey: .coverage)
  }
}

extension Double {
  /// JSON has no number that is not finite: one such sum must not cost the whole report.
  fileprivate var orZero: Double { isFinite ? self : 0 }
}
