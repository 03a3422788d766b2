public import NIOCore

/// The context of one turn, as it was settled.
public struct ContextOutcome: Sendable, Equatable {
  /// Outcome of the search for context.
  public enum Status: String, Sendable, CaseIterable {
    /// Passages of a query that covers the question.
    case hit
    /// A query was still under way when the deadline passed. Its answer may serve the next turn.
    case late
    /// Nothing was found, or no words came in time to ask with.
    case miss
    /// Passages of a query that covers a part of the question, or of the turn before: nothing better came in time.
    case stale
    /// Every query failed.
    case error
    /// Nothing was asked: there was no question in what was said.
    case off
  }

  /// Outcome of the search.
  public var status: Status
  /// The user's item that is to be answered; empty where the client typed one without an id.
  public var item: String
  /// The query that ``passages`` answer, or else the newest one.
  public var query: String?
  /// Best first. Empty unless ``status`` is `hit` or `stale`.
  public var passages: [Passage]
  /// Time from the query to its result.
  public var retrieval: Duration?
  /// Delay that the gateway added to the turn, from the commit to now.
  public var waited: Duration
  /// The time when ``query`` was asked.
  public var askedAt: NIODeadline?
  /// The share of the question's content words that ``query`` held, 0 to 1; nil where nothing was asked.
  public var coverage: Double?

  /// Creates a context outcome.
  public init(
    status: Status, item: String, query: String? = nil, passages: [Passage] = [], retrieval: Duration? = nil, waited: Duration = .zero,
    askedAt: NIODeadline? = nil, coverage: Double? = nil
  ) {
    self.status = status
    self.item = item
    self.query = query
    self.passages = passages
    self.retrieval = retrieval
    self.waited = waited
    self.askedAt = askedAt
    self.coverage = coverage
  }

  /// Figures of the outcome, without texts.
  public var metrics: RetrievalMetrics {
    RetrievalMetrics(status: status.rawValue, retrieval: retrieval, waited: waited, askedAt: askedAt, coverage: coverage)
  }
}
