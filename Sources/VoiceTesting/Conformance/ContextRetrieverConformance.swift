public import VoiceCore

/// Contract of every `ContextRetriever`. See ``SessionStoreConformance`` for how to run it.
public enum ContextRetrieverConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let retriever: any ContextRetriever
    let question: String
    let unrelated: String

    /// - Parameters:
    ///   - question: a question that at least two passages answer.
    ///   - unrelated: a question that nothing answers.
    ///   - retriever: retriever to wrap.
    public init(retriever: any ContextRetriever, question: String, unrelated: String) {
      self.retriever = retriever
      self.question = question
      self.unrelated = unrelated
    }

    func ask(_ text: String, limit: Int = 3) async throws -> [Passage] {
      try await within(.seconds(10), "a query") { [retriever] in
        try await retriever.passages(for: RetrievalQuery(text: text, limit: limit, timeout: .seconds(5)))
      }
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("a question that can be answered gets passages with text, the best first") { subject in
      let passages = try await subject.ask(subject.question)
      try require(passages.count >= 2, "\(passages.count) passages for the question")
      try require(passages.allSatisfy { !$0.text.isEmpty }, "a passage without text")
      try require(passages.allSatisfy { $0.score.isFinite }, "a score that is no number")
      try require(zip(passages, passages.dropFirst()).allSatisfy { $0.score >= $1.score }, "a better passage behind a worse one")
    },
    Rule("no more passages come than were asked for, and the best are among them") { subject in
      let all = try await subject.ask(subject.question, limit: 2)
      let one = try await subject.ask(subject.question, limit: 1)
      try requireEqual(one.count, 1, "the number of passages with limit 1")
      try require(all.count <= 2, "\(all.count) passages with limit 2")
      try requireEqual(one.first?.text, all.first?.text, "the best passage")
    },
    Rule("a question that nothing answers is no error") { subject in
      try requireEqual(try await subject.ask(subject.unrelated), [], "the passages of an unrelated question")
    },
    Rule("any text is a question: what cannot be searched finds nothing, or fails as a RetrievalError") { subject in
      for text in hostileTexts {
        do { _ = try await subject.ask(text) } catch is RetrievalError {}
      }
      try require(try await !subject.ask(subject.question).isEmpty, "nothing is found after hostile questions")
    },
    Rule("the same question twice has the same answer") { subject in
      try requireEqual(try await subject.ask(subject.question), try await subject.ask(subject.question), "the passages")
    },
    Rule("many questions at once do not disturb each other") { subject in
      let expected = try await subject.ask(subject.question)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          group.addTask { try requireEqual(try await subject.ask(subject.question), expected, "the passages") }
          group.addTask { try requireEqual(try await subject.ask(subject.unrelated), [], "the passages of an unrelated question") }
        }
        try await group.waitForAll()
      }
    },
    Rule("a query whose task is cancelled ends, and the next one is answered") { subject in
      let query = RetrievalQuery(text: subject.question, limit: 3, timeout: .seconds(60))
      try await within(.seconds(10), "a cancelled query") { [retriever = subject.retriever] in
        await withTaskGroup(of: Void.self) { group in
          group.addTask { _ = try? await retriever.passages(for: query) }
          group.cancelAll()
        }
      }
      try require(try await !subject.ask(subject.question).isEmpty, "nothing is found after a cancelled query")
    },
    Rule("warming up fails no one, and may be done again") { subject in
      for _ in 0..<2 { try await within(.seconds(10), "warming up") { [retriever = subject.retriever] in await retriever.warmUp() } }
      try require(try await !subject.ask(subject.question).isEmpty, "nothing is found after warming up")
    },
  ]
}
