import ArgumentParser
import DocumentIndex
import Foundation
import RAGPrefetch
import VoiceCore
import VoiceGateway

/// `rag eval FILE`: how often the right source is found for an operator's own questions.
struct RAGEvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measure how often the right source is found: hit@1, hit@3, MRR and latency.",
    discussion: "FILE has a question a line: {\"question\":\"…\",\"source\":\"refunds.md\"} as JSON, or the question, a tab and the source."
  )

  @Argument(help: "Questions with the source that answers them: JSON lines, a JSON array, or tab-separated.") var file: String
  @Flag(help: "Print each question whose source is not among the first three.") var misses = false
  @Flag(help: "Look for changed documents over and over meanwhile, and index them, as a server does.") var refreshing = false
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let settings = try await options.load().settings
    guard let text = FileText.read(file) else { throw Failure.line("\(file): cannot be read") }
    let questions: [EvalQuestion]
    do throws(EvalQuestion.Malformed) { questions = try EvalQuestion.list(text) } catch {
      throw Failure.line(
        "\(file): \(error.line.map { "line \($0): " } ?? "")expected {\"question\":\"…\",\"source\":\"…\"}, or a question, a tab and a source"
      )
    }
    let retrieval = try RAGCommand.retrieval(settings)
    guard let retriever = retrieval.retriever else { throw Failure.line("nothing to retrieve from") }
    try await RAGCommand.prepare(retrieval)
    if retrieval.sources.count == 1, let sources = retrieval.index?.sources {
      let unknown = Set(questions.map(\.source)).filter { wanted in !sources.contains { EvalFigures.isSame($0, wanted) } }.sorted()
      if !unknown.isEmpty {
        Console.error("not in the index: \(unknown.prefix(10).joined(separator: ", "))\(unknown.count > 10 ? " …" : "")")
      }
    }
    await retriever.warmUp()
    guard refreshing, let index = retrieval.index else {
      return Console.print(await figures(questions, retriever, settings).line)
    }
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        var rounds = 0
        while !Task.isCancelled {
          _ = try? await index.refresh()
          rounds += 1
          try? await Task.sleep(for: .milliseconds(100))
        }
        return rounds
      }
      Console.print(await figures(questions, retriever, settings).line)
      group.cancelAll()
      Console.print(
        "\(try await group.next() ?? 0) looks for changed documents meanwhile, \((ProcessMemory.resident?.all ?? 0) >> 20) MiB resident")
    }
  }

  private func figures(_ questions: [EvalQuestion], _ retriever: any ContextRetriever, _ settings: Settings) async -> EvalFigures {
    var figures = EvalFigures()
    for question in questions {
      let query = RetrievalQuery(
        text: question.question, limit: max(10, settings.rag.topK), timeout: settings.rag.timeout)
      let start = ContinuousClock.now
      let found: [Passage]
      do { found = try await retriever.passages(for: query) } catch {
        if figures.failures == 0 { Console.error("a question failed: \(error)") }
        figures.failures += 1
        continue
      }
      let time = ContinuousClock.now - start
      let rank = figures.note(found.map { $0.source ?? $0.title ?? "" }, wanted: question.source, in: time)
      if misses, rank.map({ $0 > 3 }) ?? true { Console.print("missed: \(question.question)  (\(question.source))") }
    }
    return figures
  }
}
