public import VoiceCore

/// Asks several retrievers at once and merges what they found by reciprocal rank: their scores need not be comparable.
///
/// Once one has answered, the others have a short while left; what fails or comes later is left out. Fails only where all do.
public struct MergedRetriever: ContextRetriever {
  private enum Event: Sendable {
    case answered(Int, [Passage])
    case failed(RetrievalError)
    case timeIsUp
  }

  /// Of "Reciprocal Rank Fusion", Cormack, Clarke and Büttcher, 2009.
  private static let constant = 60.0

  private let retrievers: [any ContextRetriever]
  private let grace: Duration

  public init(_ retrievers: [any ContextRetriever], grace: Duration = .milliseconds(100)) {
    self.retrievers = retrievers
    self.grace = grace
  }

  public func warmUp() async {
    await withTaskGroup { group in for retriever in retrievers { group.addTask { await retriever.warmUp() } } }
  }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] {
    try await withThrowingTaskGroup(of: Event.self) { group in
      for (number, retriever) in retrievers.enumerated() {
        group.addTask {
          do { return .answered(number, try await retriever.passages(for: query)) } catch is CancellationError {
            throw CancellationError()
          } catch { return .failed(error as? RetrievalError ?? RetrievalError(.refused, "a retriever failed")) }
        }
      }
      defer { group.cancelAll() }
      var answers: [Int: [Passage]] = [:]
      var failures: [RetrievalError] = []
      while answers.count + failures.count < retrievers.count, let event = try await group.next() {
        switch event {
        case .answered(let number, let passages):
          if answers.isEmpty {
            group.addTask {
              try await Task.sleep(for: grace)
              return .timeIsUp
            }
          }
          answers[number] = passages
        case .failed(let error): failures.append(error)
        case .timeIsUp: return Self.merge(answers.sorted { $0.key < $1.key }.map(\.value), limit: query.limit)
        }
      }
      if answers.isEmpty, let failure = failures.first { throw failure }
      return Self.merge(answers.sorted { $0.key < $1.key }.map(\.value), limit: query.limit)
    }
  }

  /// The same text of two retrievers is one passage, and stands higher for it.
  static func merge(_ lists: [[Passage]], limit: Int) -> [Passage] {
    var merged: [Passage] = []
    var places: [String: Int] = [:]
    for list in lists {
      for (rank, passage) in list.enumerated() {
        let score = 1 / (constant + Double(rank + 1))
        if let place = places[passage.text] {
          merged[place].score += score
        } else {
          places[passage.text] = merged.count
          var first = passage
          first.score = score
          merged.append(first)
        }
      }
    }
    // Stable: of equals, the earlier retriever's is first.
    return merged.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.prefix(limit).map(\.element)
  }
}
