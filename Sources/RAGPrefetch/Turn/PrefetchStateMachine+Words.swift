package import NIOCore
package import VoiceCore

// What recognisers say. Words may come before the event that announces their item, and after the turn is settled.
extension PrefetchStateMachine {
  package mutating func heard(_ words: HeardWords, at now: NIODeadline) -> [Action] {
    // The words of a turn that was answered already would be taken for the next one's.
    if words.isOfCommittedTurn, !isHolding { return [] }
    return wordsArrived(item: words.item, at: now) { turn in
      switch words.kind {
      case .delta: turn.transcript.append(words.text, contentIndex: words.contentIndex, from: words.source)
      case .interim: turn.transcript.clientHeard(words.text, isFinal: false)
      case .final: turn.transcript.clientHeard(words.text, isFinal: true)
      case .completed:
        turn.transcript.complete(words.text, contentIndex: words.contentIndex)
        turn.isTranscribed = true
      case .failed: turn.isTranscribed = true
      }
    }
  }

  private mutating func wordsArrived(item: String?, at now: NIODeadline, _ note: (inout PrefetchTurn) -> Void) -> [Action] {
    if let item, settledItems.contains(item) { return [] }
    switch state {
    case .idle:
      var turn = PrefetchTurn(item: item)
      let actions = take(&turn, at: now, note)
      // A transcript that failed opens no turn.
      if !turn.transcript.isEmpty { state = .speaking(turn) }
      return actions
    case .speaking(var turn):
      guard Self.belongs(item, to: turn) else { return [] }
      turn.item = turn.item ?? item
      let actions = take(&turn, at: now, note)
      state = .speaking(turn)
      return actions
    case .stopped(var turn):
      guard Self.belongs(item, to: turn) else { return [] }
      let actions = take(&turn, at: now, note)
      state = .stopped(turn)
      return actions
    case .holding(var turn):
      guard Self.belongs(item, to: turn) else { return [] }
      let actions = take(&turn, at: now, note)
      return actions + settleIfDecided(turn, at: now)
    }
  }

  private static func belongs(_ item: String?, to turn: PrefetchTurn) -> Bool { item == nil || turn.item == nil || turn.item == item }

  private mutating func take(_ turn: inout PrefetchTurn, at now: NIODeadline, _ note: (inout PrefetchTurn) -> Void) -> [Action] {
    note(&turn)
    let text = turn.transcript.text(limit: configuration.maxQueryCharacters)
    if turn.isTranscribed { turn.isInBurst = false }
    guard text != turn.question.text else {
      return turn.isTranscribed && turn.committedAt != nil ? askIfWorthwhile(&turn, .ended, at: now) : []
    }
    turn.question = Question(text)
    turn.lastWordsAt = now
    turn.isInBurst = turn.committedAt != nil && !turn.isTranscribed
    return askIfWorthwhile(&turn, turn.isTranscribed ? .ended : turn.stoppedAt == nil ? .flowing : .trailing, at: now)
  }
}
