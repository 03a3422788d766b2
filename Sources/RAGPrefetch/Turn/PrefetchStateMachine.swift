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
  var count = 0
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
  var commitDeadline: NIODeadline?
  /// End of the wait of the client's own request for an answer; nil while none is held.
  var requestDeadline: NIODeadline?
  var isRequestHeld: Bool { requestDeadline != nil }
  /// True while turns are answered, as far as the last ones tell: a dictation gets no context.
  var expectsAnswers = true
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
      state = .speaking(PrefetchTurn(item: item, after: turn))
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

  mutating func hold(_ old: PrefetchTurn, item: String, isHeld: Bool, at now: NIODeadline) -> [Action] {
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

  mutating func remember(_ item: String?) {
    guard let item, !item.isEmpty else { return }
    settledItems.append(item)
    if settledItems.count > 16 { settledItems.removeFirst() }
  }
}
