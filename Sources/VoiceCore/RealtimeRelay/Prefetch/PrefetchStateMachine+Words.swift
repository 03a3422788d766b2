package import NIOCore

// What recognisers say. Words may come before the event that announces their item, and after the turn is settled.
extension PrefetchStateMachine {
  /// `conversation.item.input_audio_transcription.delta` of the conversation, or of a transcription socket beside it.
  /// - Parameter item: nil when the item is another conversation's: what is being said now is meant.
  package mutating func transcriptGrew(
    item: String?, contentIndex: Int, delta: String, isParallel: Bool = false, at now: NIODeadline
  ) -> [Action] {
    wordsArrived(item: item, at: now) {
      $0.transcript.append(delta, contentIndex: contentIndex, from: isParallel ? .parallel : .upstream)
    }
  }

  /// `….completed`: the last word on it.
  package mutating func transcriptCompleted(item: String, contentIndex: Int, text: String, at now: NIODeadline) -> [Action] {
    wordsArrived(item: item, at: now) {
      $0.transcript.complete(text, contentIndex: contentIndex)
      $0.isTranscribed = true
    }
  }

  /// `….failed`: there will be no words.
  package mutating func transcriptFailed(item: String, at now: NIODeadline) -> [Action] {
    wordsArrived(item: item, at: now) { $0.isTranscribed = true }
  }

  /// `voice.partial_transcript`: each replaces what was not final.
  package mutating func clientHeard(_ text: String, isFinal: Bool, at now: NIODeadline) -> [Action] {
    wordsArrived(item: nil, at: now) { $0.transcript.clientHeard(text, isFinal: isFinal) }
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
