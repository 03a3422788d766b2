/// Looks up what belongs to a question: a vector store, an index, an endpoint.
///
/// One call is one question of one turn. Cancelling the task cancels the query on the wire.
public protocol ContextRetriever: Sendable {
  /// Answers the passages that fit best, best first; an empty array where nothing was found.
  /// - Throws: ``RetrievalError``, within ``RetrievalQuery/timeout``.
  func passages(for query: RetrievalQuery) async throws -> [Passage]

  /// Answers as ``passages(for:)``, and before that, where several sources are asked, what some of them have found: usable at once, and
  /// superseded by the answer.
  func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage]

  /// Opens connections and fills caches before the first question. Called once a session starts; a failure is not the session's.
  func warmUp() async
}

extension ContextRetriever {
  public func warmUp() async {}

  public func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage] {
    try await passages(for: query)
  }
}

/// A question, as far as it was heard.
public struct RetrievalQuery: Sendable, Hashable {
  /// Question as recognised: often half a sentence, without punctuation. Bounded by the prefetcher that asks.
  public var text: String
  /// Largest number of passages that are wanted.
  public var limit: Int
  /// Time for the whole query.
  public var timeout: Duration
  /// Language that is spoken, by its ISO 639-1 code; nil where the session declares none.
  public var language: String?
  /// The question before this one in the conversation, as recognised.
  public var previous: String?
  /// The caller; nil outside of a session.
  public var asker: RetrievalAsker?

  /// Creates a retrieval query.
  public init(
    text: String, limit: Int = 3, timeout: Duration = .seconds(2), language: String? = nil, previous: String? = nil,
    asker: RetrievalAsker? = nil
  ) {
    self.text = text
    self.limit = limit
    self.timeout = timeout
    self.language = language
    self.previous = previous
    self.asker = asker
  }

  /// The question that a check of a source asks: one passage of whatever is nearest.
  package static func trial(timeout: Duration) -> Self { Self(text: "opening hours", limit: 1, timeout: timeout) }
}
