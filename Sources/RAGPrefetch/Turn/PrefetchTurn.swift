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
    /// Passages that some of the sources have found, while others are under way.
    var early: Early?

    struct Early: Equatable {
      var passages: [Passage]
      var after: Duration
    }

    /// Passages found; nil if there are none.
    var found: (passages: [Passage], after: Duration)? {
      switch state {
      case .answered(let passages, let after): passages.isEmpty ? nil : (passages, after)
      case .underWay, .failed: early.map { ($0.passages, $0.after) }
      case .cancelled: nil
      }
    }
    /// Time from the query to its result.
    var took: Duration? { if case .answered(_, let after) = state { after } else { nil } }
  }

  /// Words of the client's that no speech was announced for are forgotten after this long.
  private static let memory = TimeAmount.seconds(3)

  /// The user's item; nil until an event names it, as the client's words come without.
  var item: String?
  var transcript: Transcript
  var question: Question
  /// Queries in order; the first may be inherited from the previous turn.
  var queries: [Query] = []
  /// Number of queries of this turn.
  var asked = 0
  /// The passages that the coming answer has already.
  var provided: [Passage]?
  var lastWordsAt: NIODeadline?
  var stoppedAt: NIODeadline?
  var committedAt: NIODeadline?
  /// The gateway asks for the answer once this turn is settled.
  var isHeld = false
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
  init(item: String?, after turn: PrefetchTurn) {
    self.item = item
    transcript = Transcript(carrying: turn.question.text)
    question = turn.question
    queries = turn.best.map { [$0] } ?? []
    provided = turn.provided
  }

  var underWay: [Query] { queries.filter { $0.state == .underWay } }

  /// The newest query that was not given up: what the next one is measured by.
  var newest: Query? { queries.last { $0.state != .cancelled } }

  /// The share of the question's content words that were asked, 0 to 1.
  func coverage(of query: Query) -> Double { 1 - question.novelty(since: query.question) }

  /// True where at least two in five of the content words were asked.
  func covers(_ query: Query) -> Bool { coverage(of: query) >= 0.4 }

  /// The query that found something and has the most of the question; of equals the newest.
  var best: Query? { queries.filter { $0.found != nil }.max { (coverage(of: $0), $0.id) < (coverage(of: $1), $1.id) } }

  /// True where its words are too old to belong to speech that begins now.
  func isForgotten(at now: NIODeadline) -> Bool { lastWordsAt.map { now - $0 > Self.memory } ?? false }
}
