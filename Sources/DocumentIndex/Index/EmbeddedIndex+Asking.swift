import RAGPrefetch
public import VoiceCore

extension EmbeddedIndex {
  /// Result for a question, with its explanation.
  public struct Explanation: Sendable {
    /// A passage that was considered.
    public struct Candidate: Sendable {
      /// The passage.
      public var passage: Passage
      /// 0 to 1, by the words; 0 where none of them stands in the passage.
      public var words: Double
      /// -1 to 1, the cosine of question and passage; nil without vectors.
      public var meaning: Double?
      /// Nil for what is answered, else why it is not.
      public var cut: String?
    }
    /// Terms of the search: stems and parts of the question that count.
    public var terms: [String]
    /// Best first.
    public var candidates: [Candidate]
    /// False where vectors were not there in time.
    public var usedMeaning: Bool
    /// Passages that are answered, best first.
    public var passages: [Passage] { candidates.filter { $0.cut == nil }.map(\.passage) }
  }

  /// Passages of one document among the answers.
  private static let mostOfOneDocument = 2
  private static let candidates = 50

  /// Time in which a vector supersedes the words before they are reported: a model near by answers within it.
  private static let grace = Duration.milliseconds(25)

  /// Answers a question, with every passage that was considered and why it was left out.
  public func explained(_ query: RetrievalQuery) async throws -> Explanation { try await explained(query) { _ in } }

  /// - Parameter early: gets what the words have found, where the vector takes longer than ``grace``.
  func explained(_ query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> Explanation {
    let snapshot = library.snapshot
    let reader = TermReader()
    let question = WordQuestion(
      query.text, spoken: query.language.flatMap { Languages(code: $0) }, languages: snapshot.languages, reader: reader)
    guard question.hasContent else { return Explanation(terms: [], candidates: [], usedMeaning: false) }
    let byWords = WordSearch(snapshot: snapshot, question: question, reader: reader).hits(limit: Self.candidates)
    var words = Explanation(
      terms: question.words.filter { !$0.isCommon }.map { $0.terms.joined(separator: "/") },
      candidates: candidates(
        byWords.map { Fusion.Hit(segment: $0.segment, passage: $0.passage, words: $0.score, meaning: nil, score: $0.score) },
        of: snapshot, limit: query.limit), usedMeaning: false)
    guard let embeddings, snapshot.segments.contains(where: { $0.vectors != nil }) else { return words }
    let found = words.passages
    let vector = try await Self.vector(of: query.text, by: embeddings) { if !found.isEmpty { early(found) } }
    guard let vector, snapshot.segments.contains(where: { $0.vectors?.dimensions == vector.values.count }) else { return words }
    words.candidates = candidates(
      Fusion.fuse(byWords, with: vector, in: snapshot, limit: Self.candidates), of: snapshot, limit: query.limit)
    words.usedMeaning = true
    return words
  }

  private enum Event: Sendable {
    case vector(QuantizedVector?)
    case late
    /// What waited was cancelled; the vector's own task says so.
    case ended
  }

  /// Runs `meanwhile` once where the vector takes longer than ``grace``.
  private static func vector(
    of text: String, by embeddings: Embeddings, meanwhile: () -> Void
  ) async throws -> QuantizedVector? {
    try await withThrowingTaskGroup(of: Event.self) { group in
      group.addTask { .vector(try await embeddings.vector(ofQuestion: text)) }
      group.addTask {
        do { try await Task.sleep(for: grace) } catch { return .ended }
        return .late
      }
      defer { group.cancelAll() }
      while let event = try await group.next() {
        switch event {
        case .vector(let vector): return vector
        case .late: meanwhile()
        case .ended: break
        }
      }
      return nil
    }
  }

  /// Says of each whether it is answered: relevant enough, not said before, and not the third of its document.
  private func candidates(_ hits: [Fusion.Hit], of snapshot: IndexSnapshot, limit: Int) -> [Explanation.Candidate] {
    var texts: Set<String> = []
    var counts: [String: Int] = [:]
    var answered = 0
    return hits.map { hit in
      let passage = snapshot.segments[hit.segment].passages[hit.passage]
      let cut: String? =
        if hit.score < configuration.minScore {
          "below RAG_MIN_SCORE"
        } else if texts.contains(passage.text) {
          "same text as another"
        } else if counts[passage.path, default: 0] >= Self.mostOfOneDocument {
          "third of its document"
        } else if answered >= limit {
          "over RAG_TOP_K"
        } else {
          nil
        }
      if cut == nil {
        texts.insert(passage.text)
        counts[passage.path, default: 0] += 1
        answered += 1
      }
      return Explanation.Candidate(
        passage: Passage(
          text: passage.text, title: passage.documentTitle, section: passage.section, source: passage.path, score: hit.score),
        words: hit.words, meaning: hit.meaning, cut: cut)
    }
  }
}
