public import NIOCore

/// One query to the retriever, from its start to its end.
public struct QueryMetrics: Sendable, Equatable {
  /// End of a query.
  public enum End: Sendable, Equatable {
    /// Passages were found.
    case found(passages: Int)
    /// Nothing was found.
    case nothing
    /// The query failed.
    case failed(RetrievalError.Code)
    /// A newer query made it useless, or the turn was settled without it.
    case cancelled
  }

  /// Time when the query went out.
  public var askedAt: NIODeadline
  /// Time from the query to its end.
  public var took: Duration
  /// End of the query.
  public var end: End

  /// Creates query metrics.
  public init(askedAt: NIODeadline, took: Duration, end: End) {
    self.askedAt = askedAt
    self.took = took
    self.end = end
  }
}
