public import NIOCore

/// One query to the retriever, from its start to its end.
public struct QueryMetrics: Sendable, Equatable {
  public enum End: Sendable, Equatable {
    case found(passages: Int)
    case nothing
    case failed(RetrievalError.Code)
    /// A newer query made it useless, or the turn was settled without it.
    case cancelled
  }

  public var askedAt: NIODeadline
  public var took: Duration
  public var end: End

  public init(askedAt: NIODeadline, took: Duration, end: End) {
    self.askedAt = askedAt
    self.took = took
    self.end = end
  }
}
