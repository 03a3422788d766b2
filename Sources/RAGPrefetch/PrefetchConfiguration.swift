/// Timing of queries and the longest wait for context.
public struct PrefetchConfiguration: Sendable, Equatable {
  /// Words of partial transcript that start a query.
  public var minWords: Int
  /// Longest wait for context, from the end of speech.
  public var maxWait: Duration
  /// Passages of one answer.
  public var topK: Int
  /// Longest text of one context item.
  public var maxContextCharacters: Int
  /// Timeout of one query.
  public var queryTimeout: Duration
  /// Queries under way at once: the older ones are cancelled.
  public var maxQueriesUnderWay: Int
  /// Queries a turn, for those who speak for minutes. The last one is kept for the end of speech.
  public var maxQueries: Int
  /// No new words for this long: what is there may be the whole question. Above the time between two spoken words.
  public var pause: Duration
  /// Length of a query; only the end of a longer question is sent.
  public var maxQueryCharacters: Int
  /// Puts context into the conversation while the user still speaks. False: always after the commit.
  public var injectsEarly: Bool
  /// Estimated tokens of context items that may stand in the conversation before the old ones are deleted together.
  public var contextTokenBudget: Int

  /// Creates a prefetch configuration.
  public init(
    minWords: Int = 5, maxWait: Duration = .milliseconds(200), topK: Int = 3, maxContextCharacters: Int = 4_000,
    queryTimeout: Duration = .seconds(2), maxQueriesUnderWay: Int = 3, maxQueries: Int = 8, pause: Duration = .milliseconds(300),
    maxQueryCharacters: Int = 4_000,
    injectsEarly: Bool = true, contextTokenBudget: Int = 8_000
  ) {
    self.minWords = minWords
    self.maxWait = maxWait
    self.topK = topK
    self.maxContextCharacters = maxContextCharacters
    self.queryTimeout = queryTimeout
    self.maxQueriesUnderWay = maxQueriesUnderWay
    self.maxQueries = maxQueries
    self.pause = pause
    self.maxQueryCharacters = maxQueryCharacters
    self.injectsEarly = injectsEarly
    self.contextTokenBudget = contextTokenBudget
  }
}
