import NIOCore
import VoiceCore

// The moments at which the retriever is asked.
extension PrefetchStateMachine {
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
}
