public import VoiceCore

/// Asks several retrievers at once and merges what they found by their scores, which are all on one scale of 0 to 1.
///
/// Once one has found something, the others have as long as the asker can wait; what fails or comes later is left out. An answer without
/// passages starts no clock. Fails only where all do.
public struct MergedRetriever: ContextRetriever {
  private enum Event: Sendable {
    case answered(Int, [Passage])
    case failed(RetrievalError)
    case timeIsUp
  }

  private let retrievers: [any ContextRetriever]

  private let patience: Duration

  /// - Parameter retrievers: sources that are asked at once.
  /// - Parameter patience: for a question that brings none of its own; less than a turn waits, so that it gets what is there.
  public init(_ retrievers: [any ContextRetriever], patience: Duration = .milliseconds(150)) {
    self.retrievers = retrievers
    self.patience = patience
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
          if !passages.isEmpty, answers.values.allSatisfy(\.isEmpty) {
            group.addTask {
              try await Task.sleep(for: query.patience ?? patience)
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
