import NIOConcurrencyHelpers
public import VoiceCore

/// A retriever in memory: answers by a closure, and remembers what it was asked.
public final class ScriptedRetriever: ContextRetriever {
  private let answer: @Sendable (RetrievalQuery, Int) async throws -> [Passage]
  private let seen = NIOLockedValueBox<[RetrievalQuery]>([])

  /// - Parameter answer: gets the question, and its number from 1.
  public init(_ answer: @escaping @Sendable (RetrievalQuery, Int) async throws -> [Passage]) { self.answer = answer }

  /// Answers from these texts: the best is the one that shares the most words with the question.
  public convenience init(texts: [String]) {
    self.init { query, _ in
      let words = Set(query.text.lowercased().split { !$0.isLetter && !$0.isNumber })
      let found = texts.map { text in
        Passage(text: text, score: Double(words.intersection(text.lowercased().split { !$0.isLetter && !$0.isNumber }).count))
      }
      return Array(found.filter { $0.score > 0 }.sorted { $0.score > $1.score }.prefix(query.limit))
    }
  }

  /// Questions so far, oldest first.
  public var queries: [RetrievalQuery] { seen.withLockedValue { $0 } }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] {
    let number = seen.withLockedValue { seen in
      seen.append(query)
      return seen.count
    }
    return try await answer(query, number)
  }
}
