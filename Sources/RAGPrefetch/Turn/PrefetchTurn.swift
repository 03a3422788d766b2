import NIOCore
import VoiceCore

/// One turn of the user's, and what was asked for it.
struct PrefetchTurn: Equatable {
  struct Query: Equatable {
    enum State: Equatable {
      case underWay
      case answered([Passage], after: Duration)
      case failed
      case cancelled
    }
    let id: Int
    let question: Question
    let askedAt: NIODeadline
    var state = State.underWay

    /// Passages found; nil if there are none.
    var found: (passages: [Passage], after: Duration)? {
      if case .answered(let passages, let after) = state, !passages.isEmpty { (passages, after) } else { nil }
    }
    /// Time from the query to its result.
    var took: Duration? { if case .answered(_, let after) = state { after } else { nil } }
  }

  /// Item of the turn; nil until it is known: words of the client come without.
  var item: String?
  var transcript: Transcript
  var question: Question
  /// Queries in order; the first may be inherited from the previous turn.
  var queries: [Query] = []
  /// Number of queries of this turn.
  var asked = 0
  /// The query whose passages stand in the conversation already.
  var injected: Int?
  var lastWordsAt: NIODeadline?
  var stoppedAt: NIODeadline?
  var committedAt: NIODeadline?
  /// No more words will come.
  var isTranscribed = false
  /// Words come after the commit, as they do from models that transcribe whole turns, and more may follow.
  var isInBurst = false

  init(item: String?) {
    self.item = item
    transcript = Transcript()
    question = Question("")
  }

  /// Goes on with a turn that was not answered: what was found for the first half may do for the whole.
  init(item: String?, after turn: PrefetchTurn, text: String) {
    self.item = item
    transcript = Transcript(carrying: text)
    question = Question(text)
    queries = turn.queries.filter { $0.found != nil && ($0.id == turn.injected || $0 == turn.best) }
    injected = turn.injected
  }

  var underWay: [Query] { queries.filter { $0.state == .underWay } }

  /// The newest query that was not given up: what the next one is measured by.
  var newest: Query? { queries.last { $0.state != .cancelled } }

  /// Returns true if at least two in five of the content words were asked.
  func covers(_ query: Query) -> Bool { question.novelty(since: query.question) <= 0.6 }

  /// The newest query that covers the question and found something; or else, the newest that found something.
  var best: Query? { queries.last { $0.found != nil && covers($0) } ?? queries.last { $0.found != nil } }
}
