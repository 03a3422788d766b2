package import NIOCore
package import VoiceCore

// What recognisers say. Words may come before the event that announces their item, and after the turn is settled.
extension PrefetchStateMachine {
  package mutating func heard(_ words: HeardWords, at now: NIODeadline) -> [Action] {
    // The words of a turn that was answered already would be taken for the next one's.
    if words.isOfCommittedTurn, !isHolding { return [] }
    if let item = words.item, settledItems.contains(item) { return [] }
    switch state {
    case .idle:
      guard !last.isEcho(words, at: now) else { return [] }
      var turn = PrefetchTurn(item: words.item)
      let actions = take(words, &turn, at: now)
      // A transcript that failed opens no turn.
      guard !turn.transcript.isEmpty else { return [] }
      begin()
      state = .speaking(turn)
      return actions
    case .speaking(var turn):
      guard Self.belongs(words.item, to: turn) else { return [] }
      guard !last.isRepeat(words, after: turn.transcript.text(limit: configuration.maxQueryCharacters), at: now) else { return [] }
      turn.item = turn.item ?? words.item
      let actions = take(words, &turn, at: now)
      state = .speaking(turn)
      return actions
    case .stopped(var turn):
      guard Self.belongs(words.item, to: turn) else { return [] }
      let actions = take(words, &turn, at: now)
      state = .stopped(turn)
      return actions
    case .holding(var turn):
      guard Self.belongs(words.item, to: turn) else { return [] }
      let actions = take(words, &turn, at: now)
      return actions + settleIfDecided(turn, at: now)
    }
  }

  private static func belongs(_ item: String?, to turn: PrefetchTurn) -> Bool { item == nil || turn.item == nil || turn.item == item }

  private mutating func take(_ words: HeardWords, _ turn: inout PrefetchTurn, at now: NIODeadline) -> [Action] {
    let limit = configuration.maxQueryCharacters
    switch words.kind {
    case .delta: turn.transcript.append(words.text, contentIndex: words.contentIndex, from: words.source, limit: limit)
    case .interim: turn.transcript.clientHeard(words.text, isFinal: false, limit: limit)
    case .final: turn.transcript.clientHeard(words.text, isFinal: true, limit: limit)
    case .completed:
      turn.transcript.complete(words.text, contentIndex: words.contentIndex, limit: limit)
      turn.isTranscribed = true
    case .failed: turn.isTranscribed = true
    }
    let text = turn.transcript.text(limit: limit)
    if turn.isTranscribed { turn.isInBurst = false }
    guard text != turn.question.text else {
      return turn.isTranscribed && turn.committedAt != nil ? askIfWorthwhile(&turn, .ended, at: now) : []
    }
    turn.question = Question(text, in: language)
    turn.lastWordsAt = now
    turn.isInBurst = turn.committedAt != nil && !turn.isTranscribed
    return askIfWorthwhile(&turn, turn.isTranscribed ? .ended : turn.stoppedAt == nil ? .flowing : .trailing, at: now)
  }
}
