public import VoiceCore

/// Asks several retrievers at once and merges what they found by their scores, which are all on one scale of 0 to 1.
///
/// What the first ones have found is reported early; the answer has what all found within the query's timeout, and what fails is left out.
/// Fails only where all do.
public struct MergedRetriever: ContextRetriever {
  private let retrievers: [any ContextRetriever]

  /// - Parameter retrievers: sources that are asked at once.
  public init(_ retrievers: [any ContextRetriever]) { self.retrievers = retrievers }

  public func warmUp() async {
    await withTaskGroup { group in for retriever in retrievers { group.addTask { await retriever.warmUp() } } }
  }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] { try await passages(for: query) { _ in } }

  public func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage] {
    try await withThrowingTaskGroup(of: (Int, Result<[Passage], RetrievalError>).self) { group in
      for (number, retriever) in retrievers.enumerated() {
        group.addTask {
          do {
            return (
              number, .success(try await Deadline.run(within: query.timeout, of: "a source") { try await retriever.passages(for: query) })
            )
          } catch is CancellationError {
            throw CancellationError()
          } catch { return (number, .failure(error as? RetrievalError ?? RetrievalError(.refused, "a retriever failed"))) }
        }
      }
      defer { group.cancelAll() }
      var answers: [Int: [Passage]] = [:]
      var failure: RetrievalError?
      var waiting = retrievers.count
      while waiting > 0, let (number, result) = try await group.next() {
        waiting -= 1
        switch result {
        case .success(let passages):
          answers[number] = passages
          if waiting > 0, !passages.isEmpty { early(Self.merge(answers, limit: query.limit)) }
        case .failure(let error): failure = failure ?? error
        }
      }
      if answers.isEmpty, let failure { throw failure }
      return Self.merge(answers, limit: query.limit)
    }
  }

  private static func merge(_ answers: [Int: [Passage]], limit: Int) -> [Passage] {
    merge(answers.sorted { $0.key < $1.key }.map(\.value), limit: limit)
  }

  /// The same text of two retrievers is one passage, with the better score.
  static func merge(_ lists: [[Passage]], limit: Int) -> [Passage] {
    var merged: [Passage] = []
    var places: [String: Int] = [:]
    for passage in lists.joined() {
      if let place = places[passage.text] {
        merged[place].score = max(merged[place].score, passage.score)
      } else {
        places[passage.text] = merged.count
        merged.append(passage)
      }
    }
    // Stable: of equals, the earlier retriever's is first.
    return merged.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.prefix(limit).map(\.element)
  }
}
