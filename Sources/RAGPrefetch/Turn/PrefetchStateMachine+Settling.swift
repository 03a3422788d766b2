package import NIOCore
package import VoiceCore

// The retriever's answers, and what a turn gets of them.
extension PrefetchStateMachine {
  /// Transcripts that come after the speech come within a few ms.
  static let burst = TimeAmount.milliseconds(30)

  /// An answer to ``Action/ask(id:text:)``; no passages: nothing was found.
  package mutating func retrieved(_ id: Int, _ result: Result<[Passage], RetrievalError>, at now: NIODeadline) -> [Action] {
    // What some sources have found stands, where the others fail.
    guard case .success(let passages) = result else { return answered(id, at: now) { $0.state = .failed } }
    if let time = age(of: id, at: now) {
      note(time)
    }
    return answered(id, at: now) { $0.state = .answered(passages, after: Duration(now - $0.askedAt)) }
  }

  /// Remembers the time of an answer.
  private mutating func note(_ time: Duration) {
    retrievalTimes.append(time)
    if retrievalTimes.count > 5 { retrievalTimes.removeFirst() }
  }

  /// Passages of some of the sources; those of all follow.
  package mutating func retrievedEarly(_ id: Int, _ passages: [Passage], at now: NIODeadline) -> [Action] {
    if let index = strays.firstIndex(where: { $0.id == id }) {
      strays[index].early = PrefetchTurn.Query.Early(passages: passages, after: Duration(now - strays[index].askedAt))
      return []
    }
    return answered(id, at: now) { $0.early = PrefetchTurn.Query.Early(passages: passages, after: Duration(now - $0.askedAt)) }
  }

  /// Returns the time that a query has been under way.
  private func age(of id: Int, at now: NIODeadline) -> Duration? {
    let queries =
      switch state {
      case .idle: strays
      case .speaking(let turn), .stopped(let turn), .holding(let turn): strays + turn.underWay
      }
    return queries.first { $0.id == id }.map { Duration(now - $0.askedAt) }
  }

  private mutating func answered(_ id: Int, at now: NIODeadline, _ note: (inout PrefetchTurn.Query) -> Void) -> [Action] {
    if let index = strays.firstIndex(where: { $0.id == id }) {
      var query = strays.remove(at: index)
      note(&query)
      if query.found != nil, (kept?.id ?? 0) < id { kept = query }
      return []
    }
    switch state {
    case .idle: return []
    case .speaking(var turn):
      guard Self.note(id, in: &turn, note) else { return [] }
      let actions = supersede(&turn, by: id) + provide(&turn)
      state = .speaking(turn)
      return actions
    case .stopped(var turn):
      guard Self.note(id, in: &turn, note) else { return [] }
      let actions = supersede(&turn, by: id) + provide(&turn)
      state = .stopped(turn)
      return actions
    case .holding(var turn):
      guard Self.note(id, in: &turn, note) else { return [] }
      return supersede(&turn, by: id) + settleIfDecided(turn, at: now)
    }
  }

  private static func note(_ id: Int, in turn: inout PrefetchTurn, _ note: (inout PrefetchTurn.Query) -> Void) -> Bool {
    guard let index = turn.queries.firstIndex(where: { $0.id == id && $0.state == .underWay }) else { return false }
    note(&turn.queries[index])
    return true
  }

  /// Cancels the queries that are older than one that found something.
  private func supersede(_ turn: inout PrefetchTurn, by id: Int) -> [Action] {
    guard turn.queries.first(where: { $0.id == id })?.found != nil else { return [] }
    var actions: [Action] = []
    for index in turn.queries.indices where turn.queries[index].state == .underWay && turn.queries[index].id < id {
      turn.queries[index].state = .cancelled
      actions.append(.cancel(id: turn.queries[index].id))
    }
    return actions
  }

  /// Puts the best passages into the conversation before the user's item.
  private func provide(_ turn: inout PrefetchTurn) -> [Action] {
    guard configuration.injectsEarly, expectsAnswers, let best = turn.best, let found = best.found, turn.provided != found.passages
    else { return [] }
    turn.provided = found.passages
    return [.provide(found.passages)]
  }

  // MARK: Waiting

  /// The end of the wait for a turn that was committed: at the latest when a client's request that is held has waited as long.
  func deadline(of turn: PrefetchTurn) -> NIODeadline {
    min((turn.stoppedAt ?? .uptimeNanoseconds(0)) + TimeAmount(configuration.maxWait), requestDeadline ?? .distantFuture)
  }

  /// The next moment at which a held turn may be decided.
  func holdDeadline(of turn: PrefetchTurn) -> NIODeadline {
    var next = deadline(of: turn)
    if turn.isInBurst || isWorthAsking(turn, .ended), let words = turn.lastWordsAt { next = min(next, words + Self.burst) }
    // The end of a wait for the rest of the question.
    if !turn.isInBurst, !mayStillSpeak(turn), let best = turn.best, turn.covers(best) {
      next = min(next, best.state == .underWay ? endOfSources(turn) : turn.stoppedAt.map { $0 + patience * 2 } ?? next)
    }
    return next
  }

  /// The end of a turn's wait for slower sources, once one has found something.
  private func endOfSources(_ turn: PrefetchTurn) -> NIODeadline {
    min(deadline(of: turn), (turn.stoppedAt ?? .uptimeNanoseconds(0)) + TimeAmount(configuration.maxWait * 3 / 4))
  }

  /// The time that a turn may wait for the rest of its question, when the most of it was found.
  private var patience: TimeAmount { TimeAmount(configuration.maxWait / 4) }

  /// The usual time of an answer: the middle one of the last.
  private var usualTime: TimeAmount { retrievalTimes.isEmpty ? .zero : TimeAmount(retrievalTimes.sorted()[retrievalTimes.count / 2]) }

  /// True where a query under way has more of the question than `best`, and is due soon enough: at any time within the deadline where
  /// nothing of use was found yet, and within ``patience`` where it is only about the rest.
  private func isWorthTheWait(_ query: PrefetchTurn.Query, over best: PrefetchTurn.Query?, in turn: PrefetchTurn, at now: NIODeadline)
    -> Bool
  {
    guard query.state == .underWay else { return false }
    guard let best else { return true }
    if query.id == best.id { return query.askedAt + usualTime < endOfSources(turn) && now < endOfSources(turn) }
    guard turn.coverage(of: query) > turn.coverage(of: best), let stoppedAt = turn.stoppedAt else { return false }
    let isDue = query.askedAt + usualTime
    return turn.covers(best) ? isDue < stoppedAt + patience && now < stoppedAt + patience * 2 : isDue < deadline(of: turn)
  }

  /// No word was heard yet, and words have been known to come in time.
  private func mayStillSpeak(_ turn: PrefetchTurn) -> Bool { turn.transcript.isEmpty && !turn.isTranscribed && wordlessTurns < 2 }

  // MARK: Settling

  /// Settles the turn, which was committed, unless it is worth waiting and the deadline has not passed.
  mutating func settleIfDecided(_ turn: PrefetchTurn, at now: NIODeadline) -> [Action] {
    guard let verdict = verdict(on: turn, at: now) else {
      state = .holding(turn)
      return []
    }
    return settle(turn, verdict.status, verdict.query, at: now)
  }

  private func verdict(on turn: PrefetchTurn, at now: NIODeadline) -> (status: ContextOutcome.Status, query: PrefetchTurn.Query?)? {
    let isOver = now >= deadline(of: turn)
    if !isOver, turn.isInBurst || mayStillSpeak(turn) { return nil }
    // What came late for the turn before serves its own question, asked again, and a turn that asks nothing.
    let own = kept.flatMap { $0.question.contentWords == last.completing(turn.question, in: language).contentWords ? $0 : nil }
    let best = turn.best ?? own
    if !isOver, turn.queries.contains(where: { isWorthTheWait($0, over: best, in: turn, at: now) }) { return nil }
    if let best, turn.covers(best) { return (.hit, best) }
    if let best { return (.stale, best) }
    if let kept, turn.question.contentWords.isEmpty { return (.stale, kept) }
    if let late = turn.underWay.last { return (.late, late) }
    if let empty = turn.queries.last(where: { $0.took != nil }) { return (.miss, empty) }
    if let failed = turn.queries.last(where: { $0.state == .failed }) { return (.error, failed) }
    return (turn.transcript.isEmpty ? .miss : .off, nil)
  }

  private mutating func settle(
    _ turn: PrefetchTurn, _ status: ContextOutcome.Status, _ query: PrefetchTurn.Query?, at now: NIODeadline
  ) -> [Action] {
    state = .idle
    remember(turn.item)
    wordlessTurns = turn.transcript.isEmpty ? wordlessTurns + 1 : 0
    kept = nil
    let found = query?.found?.passages ?? []
    var actions: [Action] = []
    // The answer to a turn that got none may still serve the same question.
    if status == .hit {
      // Slower sources take at least this long.
      if let query, query.state == .underWay { note(Duration(now - query.askedAt)) }
      actions += turn.underWay.map { .cancel(id: $0.id) }
    } else if !turn.underWay.isEmpty {
      actions += strays.map { .cancel(id: $0.id) }
      strays = turn.underWay
    }
    let outcome = ContextOutcome(
      status: status, item: turn.item ?? "", query: query?.question.text, passages: found,
      retrieval: query.map { $0.took ?? Duration(now - $0.askedAt) }, waited: Duration(now - (turn.committedAt ?? now)),
      askedAt: query?.askedAt, coverage: query.map { turn.coverage(of: $0) })
    if turn.isHeld || isRequestHeld {
      unasked = nil
      actions.append(.provide(found))
    } else {
      unasked = found
    }
    requestDeadline = nil
    last.settled(turn.question, isWordless: turn.transcript.isEmpty, at: now)
    return actions + [.settle(outcome)]
  }
}
