public import VoiceCore

/// Asks several retrievers at once and merges what they found by their scores, which are all on one scale of 0 to 1.
///
/// What the first ones have found is reported early, as is what one of them reports early itself; the answer has what all found within the
/// query's timeout, and what fails is left out.
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
    // Each source says a few things at most, and is the only one to say its answer.
    let (events, report) = AsyncStream.makeStream(of: Event.self)
    return try await withThrowingDiscardingTaskGroup { group in
      for (number, retriever) in retrievers.enumerated() {
        group.addTask {
          let answer = await Self.answer(to: query, from: retriever) { report.yield(.early(number, $0)) }
          report.yield(.answered(number, answer))
        }
      }
      defer { group.cancelAll() }
      var found: [Int: [Passage]] = [:]
      var failure: RetrievalError?
      var waiting = Set(retrievers.indices)
      if waiting.isEmpty { return [] }
      for await event in events {
        var news: [Passage] = []
        switch event {
        case .early(let number, let passages):
          // After its answer it says no more of use.
          guard waiting.contains(number) else { continue }
          (found[number], news) = (passages, passages)
        case .answered(let number, .success(let passages)):
          waiting.remove(number)
          (found[number], news) = (passages, passages)
        case .answered(let number, .failure(let error)):
          waiting.remove(number)
          failure = failure ?? error
        }
        if waiting.isEmpty { break }
        if !news.isEmpty { early(Self.merge(found, limit: query.limit)) }
      }
      try Task.checkCancellation()
      if found.isEmpty, let failure { throw failure }
      return Self.merge(found, limit: query.limit)
    }
  }

  private enum Event: Sendable {
    case early(Int, [Passage])
    case answered(Int, Result<[Passage], RetrievalError>)
  }

  private static func answer(
    to query: RetrievalQuery, from retriever: any ContextRetriever, early: @escaping @Sendable ([Passage]) -> Void
  ) async -> Result<[Passage], RetrievalError> {
    do {
      return .success(
        try await Deadline.run(within: query.timeout, of: "a source") { try await retriever.passages(for: query, early: early) })
    } catch { return .failure(error as? RetrievalError ?? RetrievalError(.refused, "a retriever failed")) }
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
