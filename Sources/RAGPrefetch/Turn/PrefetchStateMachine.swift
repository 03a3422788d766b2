package import NIOCore
package import VoiceCore

/// Decides when to ask for context while the user speaks, and what the answer to a turn gets of it.
///
/// Driven by what upstream and the client say, by the retriever's answers, and by a timer that stands at ``nextDeadline`` after each
/// event. Each turn that was ``committed(item:isHeld:at:)`` is settled exactly once, no later than the deadline; a turn that the user
/// goes on with instead is carried into the next one and never settled.
package struct PrefetchStateMachine: Sendable {
  package enum Action: Equatable, Sendable {
    /// Ask the retriever; its answer comes back as ``retrieved(_:_:at:)``.
    case ask(id: Int, text: String)
    /// The answer is of no use any more.
    case cancel(id: Int)
    /// These are the context of the coming answer, and nothing else is that no answer has used.
    case provide([Passage])
    /// Keep the client's own request for an answer back.
    case hold
    /// Let it go: there is no turn to settle for it.
    case release
    /// Answer the turn.
    case settle(ContextOutcome)
  }

  enum State: Equatable {
    /// Waits for speech; becomes `speaking` with speech or words, `holding` with a commit.
    case idle
    /// The user speaks, or words come that no speech was announced for.
    case speaking(PrefetchTurn)
    /// Speech stopped and the deadline is set; becomes `holding` with the commit.
    case stopped(PrefetchTurn)
    /// The turn is committed and not settled yet; becomes `idle`.
    case holding(PrefetchTurn)
  }

  let configuration: PrefetchConfiguration
  /// Language that is spoken, where the session declares one; nil: each question tells by its words.
  var language: Languages?
  var state = State.idle
  private var count = 0
  /// Queries that outlived their turn: their answer may serve the same question asked again.
  var strays: [PrefetchTurn.Query] = []
  /// The newest answer that came too late for its turn.
  var kept: PrefetchTurn.Query?
  /// The words of settled turns come too late to count.
  var settledItems: [String] = []
  /// The turn that was settled last.
  var last = SettledTurn()
  /// Times of the last answers.
  var retrievalTimes: [Duration] = []
  /// Turns in a row that ended with no word heard: from the second on, none is waited for.
  var wordlessTurns = 0
  /// The client committed its audio itself, and upstream has not said so yet: until then.
  private var commitDeadline: NIODeadline?
  /// End of the wait of the client's own request for an answer; nil while none is held.
  var requestDeadline: NIODeadline?
  var isRequestHeld: Bool { requestDeadline != nil }
  /// True while turns are answered, as far as the last ones tell: a dictation gets no context.
  private(set) var expectsAnswers = true
  /// The context of a turn that was settled, and whose answer the client has yet to ask for.
  var unasked: [Passage]?

  package init(_ configuration: PrefetchConfiguration) { self.configuration = configuration }

  /// The time when ``deadlinePassed(at:)`` is to be said; nil: not at all.
  package var nextDeadline: NIODeadline? {
    let turns = turnDeadline
    guard let requestDeadline else { return turns }
    return [turns, requestDeadline, commitDeadline].compactMap { $0 }.min()
  }

  private var turnDeadline: NIODeadline? {
    switch state {
    case .idle, .stopped: nil
    case .speaking(let turn): isWorthAsking(turn, .paused) ? turn.lastWordsAt.map { $0 + TimeAmount(configuration.pause) } : nil
    case .holding(let turn): holdDeadline(of: turn)
    }
  }

  /// True while a committed turn waits.
  package var isHolding: Bool { if case .holding = state { true } else { false } }

  // MARK: Speech

  /// The user began to speak. What waits for an answer is answered together with what comes.
  package mutating func speechStarted(item: String?, at now: NIODeadline) -> [Action] {
    switch state {
    case .idle:
      begin()
      state = .speaking(PrefetchTurn(item: item))
      return []
    case .speaking(var turn) where turn.item == nil || turn.item == item:
      // The words came before the event, unless they are too old for that.
      guard turn.item != nil || !turn.isForgotten(at: now) else { return restart(turn, item: item) }
      turn.item = turn.item ?? item
      state = .speaking(turn)
      return []
    case .speaking(let turn), .stopped(let turn):
      // Its audio was thrown away: it will have no answer.
      return restart(turn, item: item)
    case .holding(let turn):
      remember(turn.item)
      state = .speaking(
        PrefetchTurn(item: item, after: turn))
      return turn.underWay.map { .cancel(id: $0.id) } + released()
    }
  }

  private mutating func restart(_ turn: PrefetchTurn, item: String?) -> [Action] {
    remember(turn.item)
    state = .speaking(PrefetchTurn(item: item))
    return turn.underWay.map { .cancel(id: $0.id) } + (turn.provided == nil ? [] : [.provide([])])
  }

  package mutating func speechStopped(item: String?, at now: NIODeadline) -> [Action] {
    switch state {
    case .idle:
      begin()
      var turn = PrefetchTurn(item: item)
      turn.stoppedAt = now
      state = .stopped(turn)
      return []
    case .speaking(var turn):
      turn.item = turn.item ?? item
      turn.stoppedAt = now
      let actions = askIfWorthwhile(&turn, .ended, at: now)
      state = .stopped(turn)
      return actions
    case .stopped, .holding: return []
    }
  }

  /// The user's audio became an item. `isHeld`: its answer waits for ``Action/settle(_:)``; else the client asks for one, or for none.
  package mutating func committed(item: String, isHeld: Bool, at now: NIODeadline) -> [Action] {
    commitDeadline = nil
    switch state {
    case .idle:
      begin()
      return hold(PrefetchTurn(item: item), item: item, isHeld: isHeld, at: now)
    case .speaking(let turn), .stopped(let turn): return hold(turn, item: item, isHeld: isHeld, at: now)
    case .holding(let turn):
      // Two commits with no speech announced between them: both are answered together.
      var next = turn
      next.item = item
      next.isHeld = next.isHeld || isHeld
      remember(turn.item)
      state = .holding(next)
      return []
    }
  }

  private mutating func hold(_ old: PrefetchTurn, item: String, isHeld: Bool, at now: NIODeadline) -> [Action] {
    var turn = old
    turn.item = item
    turn.isHeld = isHeld
    turn.committedAt = now
    turn.stoppedAt = turn.stoppedAt ?? now
    if isHeld { expectsAnswers = true }
    let actions = askIfWorthwhile(&turn, .ended, at: now)
    return actions + settleIfDecided(turn, at: now)
  }

  /// A turn begins: the one before it will hardly be answered any more, unless it was.
  mutating func begin() { if unasked != nil { expectsAnswers = false } }

  // MARK: Requests of the client's own

  /// The client ends its turn itself; upstream has yet to make an item of it.
  package mutating func commitRequested(at now: NIODeadline) -> [Action] {
    // A request that waits already waits no longer for a second commit.
    if commitDeadline == nil || !isRequestHeld { commitDeadline = now + TimeAmount(configuration.maxWait) }
    return speechStopped(item: nil, at: now)
  }

  package mutating func commitRefused() -> [Action] {
    guard commitDeadline != nil else { return [] }
    commitDeadline = nil
    // What was said is not over then.
    if case .stopped(var turn) = state {
      turn.stoppedAt = nil
      state = turn.transcript.isEmpty && turn.queries.isEmpty ? .idle : .speaking(turn)
    }
    return isHolding ? [] : released()
  }

  /// The client asks for an answer itself: it waits for the turn that is held, or about to be.
  package mutating func answerAsked(at now: NIODeadline) -> [Action] {
    expectsAnswers = true
    guard isHolding || commitDeadline.map({ now < $0 }) ?? false else {
      defer { unasked = nil }
      return unasked.map { [.provide($0)] } ?? []
    }
    requestDeadline = requestDeadline ?? now + TimeAmount(configuration.maxWait)
    return [.hold]
  }

  /// The client wrote a question, and asks for its answer.
  package mutating func questionAsked(_ text: String, item: String?, at now: NIODeadline) -> [Action] {
    var turn = PrefetchTurn(item: item)
    turn.transcript.complete(text, contentIndex: 0, limit: configuration.maxQueryCharacters)
    turn.question = Question(turn.transcript.text(limit: configuration.maxQueryCharacters), in: language)
    turn.isTranscribed = true
    requestDeadline = requestDeadline ?? now + TimeAmount(configuration.maxWait)
    // A request that waits already is answered together with this one.
    guard !isHolding else { return [.hold] }
    return [.hold] + hold(turn, item: item ?? "", isHeld: false, at: now)
  }

  /// A response is in progress, requested by either side: nothing is held any more.
  package mutating func answerBegan(at now: NIODeadline) -> [Action] {
    expectsAnswers = true
    unasked = nil
    guard case .holding(let turn) = state else { return [] }
    remember(turn.item)
    state = .idle
    return turn.underWay.map { .cancel(id: $0.id) } + released()
  }

  /// The turn that is held will have no answer: the user does not want one any more.
  package mutating func answerCancelled() -> [Action] {
    commitDeadline = nil
    guard case .holding(let turn) = state else { return released() }
    remember(turn.item)
    state = .idle
    return turn.underWay.map { .cancel(id: $0.id) } + (turn.provided == nil ? [] : [.provide([])]) + released()
  }

  private mutating func released() -> [Action] {
    guard isRequestHeld else { return [] }
    requestDeadline = nil
    return [.release]
  }

  /// Upstream was replaced: what was provided is gone with the old one.
  package mutating func upstreamReplaced() {
    switch state {
    case .idle: break
    case .speaking(var turn):
      turn.provided = nil
      state = .speaking(turn)
    case .stopped(var turn):
      turn.provided = nil
      state = .stopped(turn)
    case .holding(var turn):
      turn.provided = nil
      state = .holding(turn)
    }
  }

  // MARK: Time

  package mutating func deadlinePassed(at now: NIODeadline) -> [Action] {
    if let commitDeadline, now >= commitDeadline { self.commitDeadline = nil }
    if let requestDeadline, now >= requestDeadline || commitDeadline == nil, !isHolding { return released() }
    guard let deadline = turnDeadline, now >= deadline else { return [] }
    switch state {
    case .idle, .stopped: return []
    case .speaking(var turn):
      let actions = askIfWorthwhile(&turn, .paused, at: now)
      state = .speaking(turn)
      return actions
    case .holding(var turn):
      if let words = turn.lastWordsAt, now >= words + Self.burst { turn.isInBurst = false }
      let actions = now >= self.deadline(of: turn) ? [] : askIfWorthwhile(&turn, .ended, at: now)
      return actions + settleIfDecided(turn, at: now)
    }
  }

  // MARK: Asking

  enum Moment {
    /// The user speaks on.
    case flowing
    /// The user speaks, and has paused.
    case paused
    /// Speech stopped; words still come in.
    case trailing
    /// The end of speech, or the last word of the transcript.
    case ended
  }

  /// Returns true if new words change the question: a third of its content words while words arrive, any when none do.
  func isWorthAsking(_ turn: PrefetchTurn, _ moment: Moment) -> Bool {
    let question = turn.question
    guard !question.contentWords.isEmpty,
      turn.asked < (moment == .flowing || moment == .paused ? max(1, configuration.maxQueries - 1) : configuration.maxQueries)
    else { return false }
    // While words come a few of them are no question yet; once they stop one may be.
    switch moment {
    case .flowing: guard question.wordCount >= configuration.minWords else { return false }
    case .trailing: guard question.wordCount >= min(3, configuration.minWords) || question.contentWords.count >= 2 else { return false }
    case .paused, .ended: break
    }
    guard let newest = turn.newest else { return true }
    return question.novelty(since: newest.question) >= (moment == .ended || moment == .paused ? .leastNonzeroMagnitude : 1.0 / 3)
  }

  /// Asks if worthwhile. Cancels the oldest query if too many are in flight, except the oldest that is still on topic.
  mutating func askIfWorthwhile(_ turn: inout PrefetchTurn, _ moment: Moment, at now: NIODeadline) -> [Action] {
    guard isWorthAsking(turn, moment) else { return [] }
    let question = last.completing(turn.question, in: language)
    turn.asked += 1
    var actions: [Action] = []
    let safe = turn.queries.contains { $0.found != nil && turn.covers($0) } ? nil : turn.underWay.first(where: turn.covers)?.id
    for index in turn.queries.indices where turn.queries[index].state == .underWay && turn.queries[index].id != safe {
      guard turn.underWay.count >= configuration.maxQueriesUnderWay else { break }
      turn.queries[index].state = .cancelled
      actions.append(.cancel(id: turn.queries[index].id))
    }
    // The same question again: its answer is on the way.
    let same = strays.last { $0.question.contentWords == question.contentWords }
    actions += strays.filter { $0.id != same?.id }.map { .cancel(id: $0.id) }
    strays = []
    guard same == nil else {
      turn.queries += [same].compactMap { $0 }
      return actions
    }
    count += 1
    turn.queries.append(PrefetchTurn.Query(id: count, question: question, askedAt: now))
    return actions + [.ask(id: count, text: question.text)]
  }

  mutating func remember(_ item: String?) {
    guard let item, !item.isEmpty else { return }
    settledItems.append(item)
    if settledItems.count > 16 { settledItems.removeFirst() }
  }
}
