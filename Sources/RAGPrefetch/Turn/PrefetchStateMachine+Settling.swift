package import NIOCore
package import VoiceCore

// The retriever's answers, and what a turn gets of them.
extension PrefetchStateMachine {
  /// An answer to ``Action/ask(id:text:)``; no passages: nothing was found.
  package mutating func retrieved(_ id: Int, _ result: Result<[Passage], RetrievalError>, at now: NIODeadline) -> [Action] {
    guard case .success(let passages) = result else { return answered(id, at: now) { $0.state = .failed } }
    if let time = age(of: id, at: now) {
      retrievalTimes.append(time)
      if retrievalTimes.count > 5 { retrievalTimes.removeFirst() }
    }
    return answered(id, at: now) { $0.state = .answered(passages, after: Duration(now - $0.askedAt)) }
  }

  /// How long a query has been under way.
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
      let actions = supersede(&turn, by: id) + inject(&turn)
      state = .speaking(turn)
      return actions
    case .stopped(var turn):
      guard Self.note(id, in: &turn, note) else { return [] }
      let actions = supersede(&turn, by: id) + inject(&turn)
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

  /// Once a newer query answered, what the older ones say is of no use.
  private func supersede(_ turn: inout PrefetchTurn, by id: Int) -> [Action] {
    guard turn.queries.first(where: { $0.id == id })?.found != nil else { return [] }
    var actions: [Action] = []
    for index in turn.queries.indices where turn.queries[index].state == .underWay && turn.queries[index].id < id {
      turn.queries[index].state = .cancelled
      actions.append(.cancel(id: turn.queries[index].id))
    }
    return actions
  }

  /// Puts the best passages into the conversation before the user's item; others that stand there already make way.
  private func inject(_ turn: inout PrefetchTurn) -> [Action] {
    guard configuration.injectsEarly, let best = turn.best, let found = best.found, turn.injected != best.id else { return [] }
    let standing = turn.queries.first { $0.id == turn.injected }?.found?.passages
    turn.injected = best.id
    if standing == found.passages { return [] }
    return (standing == nil ? [] : [.withdraw]) + [.inject(found.passages)]
  }

  // MARK: Settling

  /// Settles the turn, which was committed, unless it is worth waiting and the deadline has not passed.
  mutating func settleIfDecided(_ turn: PrefetchTurn, at now: NIODeadline) -> [Action] {
    let isOver = now >= deadline(of: turn)
    let verdict = verdict(on: turn, isOver: isOver)
    guard let verdict else {
      state = .holding(turn)
      return []
    }
    return settle(turn, verdict.status, verdict.query, at: now)
  }

  private func verdict(on turn: PrefetchTurn, isOver: Bool) -> (status: ContextOutcome.Status, query: PrefetchTurn.Query?)? {
    if !isOver, turn.isInBurst { return nil }
    if let hit = turn.queries.last(where: { $0.found != nil && turn.covers($0) }) { return (.hit, hit) }
    let topic = kept.flatMap { isOnTopic($0, turn.question) ? $0 : nil }
    if let topic, !turn.question.contentWords.isEmpty, turn.covers(topic) { return (.hit, topic) }
    let underWay = turn.underWay
    let stale = turn.best ?? topic
    if !isOver, mayStillSpeak(turn) || (stale == nil ? !underWay.isEmpty : mayComeInTime(turn)) { return nil }
    if let stale { return (.stale, stale) }
    if let late = underWay.last { return (.late, late) }
    if let empty = turn.queries.last(where: { $0.took != nil }) { return (.miss, empty) }
    if let failed = turn.queries.last(where: { $0.state == .failed }) { return (.error, failed) }
    return (turn.transcript.isEmpty ? .miss : .off, nil)
  }

  /// Returns true if a query under way may return before the deadline, as fast as the fastest of the last ones.
  private func mayComeInTime(_ turn: PrefetchTurn) -> Bool {
    let usual = retrievalTimes.min() ?? .zero
    return turn.underWay.contains { $0.askedAt + TimeAmount(usual) < deadline(of: turn) }
  }

  /// No word was heard yet, and words have been known to come in time.
  private func mayStillSpeak(_ turn: PrefetchTurn) -> Bool { turn.transcript.isEmpty && !turn.isTranscribed && wordlessTurns < 2 }

  /// Returns true if a late result of the previous turn fits this one: half of its content words are shared, or it has none.
  private func isOnTopic(_ query: PrefetchTurn.Query, _ question: Question) -> Bool {
    if question.contentWords.isEmpty { return true }
    let text = query.found?.passages.map { "\($0.title ?? "") \($0.text)" }.joined(separator: " ") ?? ""
    return question.overlap(with: query.question.contentWords.union(Question(text).contentWords)) >= 0.5
  }

  private mutating func settle(
    _ turn: PrefetchTurn, _ status: ContextOutcome.Status, _ query: PrefetchTurn.Query?, at now: NIODeadline
  ) -> [Action] {
    state = .idle
    remember(turn.item)
    wordlessTurns = turn.transcript.isEmpty ? wordlessTurns + 1 : 0
    isRequestHeld = false
    kept = nil
    let found = query?.found
    var actions: [Action] = []
    // An answer that is on its way to a turn without one may serve the next.
    if status == .hit {
      actions += turn.underWay.map { .cancel(id: $0.id) }
    } else if !turn.underWay.isEmpty {
      actions += strays.map { .cancel(id: $0.id) }
      strays = turn.underWay
    }
    var isInjected = false
    if let injected = turn.injected, let standing = turn.queries.first(where: { $0.id == injected })?.found?.passages {
      isInjected = standing == found?.passages
      if !isInjected { actions.append(.withdraw) }
    }
    let outcome = ContextOutcome(
      status: status, item: turn.item ?? "", query: query?.question.text, passages: found?.passages ?? [],
      retrieval: query.map { $0.took ?? Duration(now - $0.askedAt) }, waited: Duration(now - (turn.committedAt ?? now)),
      askedAt: query?.askedAt, coverage: query.map { 1 - turn.question.novelty(since: $0.question) })
    return actions + [.settle(outcome, isInjected: isInjected)]
  }
}
