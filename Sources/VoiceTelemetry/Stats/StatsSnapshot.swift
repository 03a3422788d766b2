package import VoiceCore

/// All figures of one instance since its start, as a value.
package struct StatsSnapshot: Sendable, Codable {
  /// Admitted, and upstream not open yet.
  package var opening = 0
  package var active = 0
  /// Active sessions that stay open for a client that lost its connection.
  var waiting = Set<String>()
  package var started = 0
  package var resumed = 0
  package var ended = LabelCounts()
  package var refused = LabelCounts()
  /// Sessions that a fault of the server's side kept from beginning (`opening`) or ended (`running`).
  package var faulted = LabelCounts()
  package var errors = LabelCounts()
  package var upstreamFailed = LabelCounts()
  package var upstreamConnect = LatencyHistogram()
  /// Durations by step: `auth`, `store` and `limit`.
  package var admission: [String: LatencyHistogram] = [:]
  package var sessionDuration = LatencyHistogram(LatencyBounds.session)
  package var turns = LatencyHistogram()
  package var turnUpstream = LatencyHistogram()
  package var contextWait = LatencyHistogram(LatencyBounds.wait)
  /// Turns by what came of their context: `hit`, `late` and so on.
  package var retrievals = LabelCounts()
  /// Queries by their end: `found`, `nothing`, `failed` or `cancelled`.
  package var queries = LabelCounts()
  /// Each query once, whatever came of it.
  package var query = LatencyHistogram(LatencyBounds.query)
  /// Shares of questions that were asked for, summed, and how many.
  package var coverage = 0.0
  package var coveredTurns = 0
  package var recentTurns = RecentLatency()
  package var recentQueries = RecentLatency()
  package var tools = LabelCounts()
  package var operations: [String: ModelOperations] = [:]
  package var responses = LabelCounts()
  package var interruptions = 0
  package var traffic = RelayTraffic()
  package var total = SpendTally()
  package var today = SpendTally()
  /// Those whose sessions began today.
  var users = HyperLogLog()
  /// Days since 1970-01-01, UTC.
  private(set) var day: Int64

  package init(now: UnixTime) { day = now.day }

  package var distinctUsers: Int { users.count }

  /// - Parameter answered: how long the response that ends has taken, where that is known.
  mutating func observed(
    _ event: RelayEvent, in session: SessionContext, at now: UnixTime, prices: PriceTable, answered: Duration? = nil
  ) {
    turnDay(now)
    let trace = session.trace.flatMap { $0.isSampled ? TraceReference(traceID: $0.traceID, spanID: $0.spanID, time: now) : nil }
    switch event {
    case .admitted(let steps):
      opening += 1
      for step in steps { admission[step.name, default: LatencyHistogram(LatencyBounds.step)].record(step.took, trace: trace) }
    case .started(let isResumed):
      opening -= 1
      active += 1
      if isResumed { resumed += 1 } else { started += 1 }
      if let user = session.userID { users.insert(user) }
    case .clientLost: waiting.insert(session.id.rawValue)
    case .clientReturned:
      waiting.remove(session.id.rawValue)
      resumed += 1
    case .refused(let reason, let wasAdmitted):
      if wasAdmitted { opening -= 1 }
      refused.add(1, to: reason.label)
      if reason.isServerFault { faulted.add(1, to: "opening") }
    case .upstreamOpened(let time): upstreamConnect.record(time, trace: trace)
    case .upstreamFailed(let label): upstreamFailed.add(1, to: label)
    case .turn(let turn):
      if let latency = turn.speechStoppedToFirstAudio {
        turns.record(latency, trace: trace)
        recentTurns.record(latency, at: now)
      }
      turnUpstream.record(turn.upstream, trace: trace)
      contextWait.record(turn.contextWait, trace: trace)
    case .interrupted: interruptions += 1
    case .retrieval(let metrics):
      retrievals.add(1, to: metrics.status)
      if let share = metrics.coverage, (0...1).contains(share) {
        coverage += share
        coveredTurns += 1
      }
    case .queried(let metrics):
      queries.add(1, to: metrics.end.label)
      query.record(metrics.took, trace: trace)
      recentQueries.record(metrics.took, at: now)
    case .toolCalled(let metrics): tools.add(1, to: metrics.failure == nil ? "answered" : "failed")
    case .responseDone(let status, let usage):
      responses.add(1, to: status)
      if let usage {
        var operation = operations[operationKey(session.model)] ?? ModelOperations()
        operation.inputTokens.record(usage.input)
        operation.outputTokens.record(usage.output)
        if let answered { operation.duration.record(answered, trace: trace) }
        operations[operationKey(session.model)] = operation
        let cost = prices.cost(of: usage, model: session.model)
        total.add(usage, model: session.model, cost: cost)
        today.add(usage, model: session.model, cost: cost)
      }
    case .transcribed(let model, let seconds):
      let cost = prices.cost(ofSeconds: seconds, model: model)
      total.add(seconds: seconds, model: model, cost: cost)
      today.add(seconds: seconds, model: model, cost: cost)
    case .error(let code): errors.add(1, to: code)
    case .ended(let reason, let summary):
      active -= 1
      waiting.remove(session.id.rawValue)
      sessionDuration.record(summary.duration, trace: trace)
      ended.add(1, to: reason.label)
      if reason.isServerFault { faulted.add(1, to: "running") }
    }
  }

  /// Resets daily counts at midnight UTC.
  mutating func turnDay(_ now: UnixTime) {
    let today = now.day
    guard today != day else { return }
    day = today
    self.today = SpendTally()
    users = HyperLogLog()
  }

  func operationKey(_ model: String) -> String { operations[model] != nil || operations.count < 64 ? model : "other" }

}

extension RelayTraffic {
  mutating func add(_ other: RelayTraffic) {
    messagesFromClient = messagesFromClient.adding(other.messagesFromClient)
    messagesToClient = messagesToClient.adding(other.messagesToClient)
    audioChunksFromClient = audioChunksFromClient.adding(other.audioChunksFromClient)
    audioChunksToClient = audioChunksToClient.adding(other.audioChunksToClient)
    bytesFromClient = bytesFromClient.adding(other.bytesFromClient)
    bytesToClient = bytesToClient.adding(other.bytesToClient)
    droppedAudioChunks = droppedAudioChunks.adding(other.droppedAudioChunks)
    waitingBytes = waitingBytes.adding(other.waitingBytes)
  }
}

extension QueryMetrics.End {
  /// Label of metrics and spans.
  var label: String {
    switch self {
    case .found: "found"
    case .nothing: "nothing"
    case .failed: "failed"
    case .cancelled: "cancelled"
    }
  }
}
