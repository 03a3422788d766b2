import NIOConcurrencyHelpers
import VoiceCore

/// A retriever whose answers are written down. Remembers what it was asked.
final class ScriptedRetriever: ContextRetriever {
  private let answer: @Sendable (RetrievalQuery, Int) async throws -> [Passage]
  private let seen = NIOLockedValueBox<[RetrievalQuery]>([])

  /// `answer` gets the number of the question, from 1.
  init(_ answer: @escaping @Sendable (RetrievalQuery, Int) async throws -> [Passage]) { self.answer = answer }

  var queries: [RetrievalQuery] { seen.withLockedValue { $0 } }

  func passages(for query: RetrievalQuery) async throws -> [Passage] {
    let number = seen.withLockedValue { seen in
      seen.append(query)
      return seen.count
    }
    return try await answer(query, number)
  }
}

/// Waits until its task is cancelled.
func hang() async throws -> Never {
  let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
  for await _ in stream {}
  withExtendedLifetime(continuation) {}
  throw CancellationError()
}
