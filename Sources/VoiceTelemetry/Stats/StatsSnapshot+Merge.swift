import VoiceCore

extension StatsSnapshot {
  /// Adds another instance's figures. What it counted on another day than this one counts in the totals alone.
  package mutating func merge(_ other: StatsSnapshot) {
    active = active.adding(other.active)
    started = started.adding(other.started)
    resumed = resumed.adding(other.resumed)
    opening = opening.adding(other.opening)
    ended.merge(other.ended)
    refused.merge(other.refused)
    faulted.merge(other.faulted)
    errors.merge(other.errors)
    upstreamFailed.merge(other.upstreamFailed)
    upstreamConnect.merge(other.upstreamConnect)
    for (step, times) in other.admission { admission[step, default: LatencyHistogram(LatencyBounds.step)].merge(times) }
    sessionDuration.merge(other.sessionDuration)
    turns.merge(other.turns)
    turnUpstream.merge(other.turnUpstream)
    contextWait.merge(other.contextWait)
    retrievals.merge(other.retrievals)
    queries.merge(other.queries)
    query.merge(other.query)
    coverage += other.coverage
    coveredTurns = coveredTurns.adding(other.coveredTurns)
    recentTurns.merge(other.recentTurns)
    recentQueries.merge(other.recentQueries)
    tools.merge(other.tools)
    for (model, operation) in other.operations { operations[operationKey(model), default: ModelOperations()].merge(operation) }
    responses.merge(other.responses)
    interruptions = interruptions.adding(other.interruptions)
    traffic.add(other.traffic)
    total.merge(other.total)
    waiting.formUnion(other.waiting)
    guard other.day == day else { return }
    today.merge(other.today)
    users.merge(other.users)
  }
}

extension LabelCounts {
  mutating func merge(_ other: Self) { for (label, amount) in other.values { add(amount, to: label) } }
}

extension LabelCounts: Codable {
  package init(from decoder: any Decoder) throws {
    self.init()
    for (label, amount) in try decoder.singleValueContainer().decode([String: Int].self) { add(amount, to: label) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }
}

extension SpendTally {
  mutating func merge(_ other: SpendTally) { for (model, spent) in other.models { add(spent, model: model) } }
}

extension ModelTally {
  mutating func add(_ other: ModelTally) {
    usage.add(other.usage)
    costUSD += other.costUSD
    unpriced = unpriced.adding(other.unpriced)
    transcribedSeconds += other.transcribedSeconds
  }
}
