public import NIOCore

/// The figures of one turn's context.
public struct RetrievalMetrics: Sendable, Equatable {
  /// `hit`, `late`, `miss`, `stale`, `error` or `off`.
  public var status: String
  /// Time from the query to its answer; of a turn that was `late`, to its settling.
  public var retrieval: Duration?
  /// Delay that the gateway added to the turn.
  public var waited: Duration
  /// The time when the query that was used was asked, or the newest one.
  public var askedAt: NIODeadline?
  /// The share of the question's content words that the query held, 0 to 1.
  public var coverage: Double?

  /// Creates retrieval metrics.
  public init(
    status: String, retrieval: Duration?, waited: Duration, askedAt: NIODeadline? = nil, coverage: Double? = nil
  ) {
    self.status = status
    self.retrieval = retrieval
    self.waited = waited
    self.askedAt = askedAt
    self.coverage = coverage
  }
}
