package import NIOCore
import VoiceCore

// Commits and requests for answers that are the client's own, and text that it writes.
extension PrefetchStateMachine {
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

  mutating func released() -> [Action] {
    guard isRequestHeld else { return [] }
    requestDeadline = nil
    return [.release]
  }
}
