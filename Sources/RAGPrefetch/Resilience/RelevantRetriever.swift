public import VoiceCore

/// Filter of a retriever's passages: a minimum score, each text once, and a cap for each source.
///
/// A retriever that gives no scores is taken at its word: its passages stay, with the least score that counts.
public struct RelevantRetriever: ContextRetriever {
  private let base: any ContextRetriever
  private let minScore: Double
  /// Passages of one source among those that are answered.
  private static let mostOfOneSource = 2
  /// Asked for beyond what is wanted, so that others can take the place of what is left out.
  private static let spare = 5

  /// - Parameter minScore: from 0 to 1.
  /// - Parameter base: retriever to filter.
  public init(_ base: any ContextRetriever, minScore: Double) {
    self.base = base
    self.minScore = minScore
  }

  public func warmUp() async { await base.warmUp() }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] { try await passages(for: query) { _ in } }

  public func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage] {
    var wider = query
    wider.limit += Self.spare
    let found = try await base.passages(for: wider) { [minScore] in
      let relevant = Self.relevant($0, minScore: minScore, limit: query.limit)
      if !relevant.isEmpty { early(relevant) }
    }
    return Self.relevant(found, minScore: minScore, limit: query.limit)
  }

  static func relevant(_ passages: [Passage], minScore: Double, limit: Int) -> [Passage] {
    let hasScores = passages.contains { $0.score > 0 }
    var texts: Set<String> = []
    var sources: [String: Int] = [:]
    var chosen: [Passage] = []
    for var passage in passages {
      passage.score = hasScores ? min(1, max(0, passage.score)) : minScore
      let source = passage.source ?? passage.title ?? passage.text
      guard chosen.count < limit, passage.score >= minScore, !passage.text.isEmpty, sources[source, default: 0] < mostOfOneSource,
        texts.insert(passage.text).inserted
      else { continue }
      sources[source, default: 0] += 1
      chosen.append(passage)
    }
    return chosen
  }
}
