/// Looks up what belongs to a question: a vector store, an index, an endpoint.
///
/// One call is one question of one turn. Cancelling the task cancels the query on the wire.
public protocol ContextRetriever: Sendable {
  /// Answers the passages that fit best, best first; an empty array where nothing was found.
  /// - Throws: ``RetrievalError``, within ``RetrievalQuery/timeout``.
  func passages(for query: RetrievalQuery) async throws -> [Passage]

  /// Opens connections and fills caches before the first question. Called once a session starts; a failure is not the session's.
  func warmUp() async
}

extension ContextRetriever {
  public func warmUp() async {}
}

/// A question, as far as it was heard.
public struct RetrievalQuery: Sendable, Hashable {
  /// Question as recognised: often half a sentence, without punctuation. Bounded by the prefetcher that asks.
  public var text: String
  /// Largest number of passages that are wanted.
  public var limit: Int
  /// Time for the whole query.
  public var timeout: Duration
  /// Time to wait for slower sources once one has found something; nil = as long as the retriever sees fit.
  public var patience: Duration?

  /// Creates a retrieval query.
  public init(text: String, limit: Int = 3, timeout: Duration = .seconds(2), patience: Duration? = nil) {
    self.text = text
    self.limit = limit
    self.timeout = timeout
    self.patience = patience
  }
}
