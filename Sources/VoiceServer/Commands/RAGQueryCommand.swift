import ArgumentParser
import DocumentIndex
import Foundation
import RAGPrefetch
import VoiceCore

/// `rag query "…"`: asks as a session does, by the settings.
struct RAGQueryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Ask the configured retrievers, or the demo's documents where there are none, and explain the answer.")

  @Argument(help: "What is asked, as it is spoken.") var question: String
  @Option(help: "How often it is asked, for the time it takes.") var times = 1
  @Flag(help: "Show the terms that were looked for, the score of each half, and what was cut and why.") var explain = false
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let settings = try await options.load().settings
    let retrieval = try RAGCommand.retrieval(settings)
    guard let retriever = retrieval.retriever else { throw Failure.line("nothing to retrieve from") }
    try await RAGCommand.prepare(retrieval)
    await retriever.warmUp()
    let query = RetrievalQuery(text: question, limit: settings.rag.topK, timeout: settings.rag.timeout)
    let names = retrieval.sources.map(\.name).joined(separator: " and ")
    var passages: [Passage] = []
    var quickest = Duration.seconds(3_600)
    for _ in 0..<max(1, times) {
      let start = ContinuousClock.now
      do { passages = try await retriever.passages(for: query) } catch { throw Failure.line("\(names): \(error)") }
      quickest = min(quickest, ContinuousClock.now - start)
    }
    for (number, passage) in passages.enumerated() {
      let score = String(format: "%.4f", passage.score)
      Console.print("\(number + 1)  \(score)  \([passage.heading, passage.source].compactMap(\.self).joined(separator: "  "))")
      Console.print("   " + passage.text.replacing("\n", with: "\n   "))
    }
    Console.print("\(passages.count) passages in \(RAGCommand.milliseconds(quickest)) from \(names)")
    if retrieval.sources.count > 1 { await tell(of: retrieval.sources, query) }
    if explain, let index = retrieval.index { try await explain(query, index) }
    guard let text = ContextText.make(passages, limit: settings.rag.maxContextCharacters)?.text else { return }
    Console.print("\(text.count) characters of context")
  }

  /// What each of several sources says: one that fails is left out of the answer.
  private func tell(of sources: [RetrieverServices.Source], _ query: RetrievalQuery) async {
    for source in sources {
      do { Console.print("\(source.name): \(try await source.retriever.passages(for: query).count) passages") } catch {
        Console.print("\(source.name): failed: \(error)")
      }
    }
  }

  private func explain(_ query: RetrievalQuery, _ index: EmbeddedIndex) async throws {
    let explanation = try await index.explained(query)
    Console.print("terms: " + (explanation.terms.isEmpty ? "none that says what is meant" : explanation.terms.joined(separator: " ")))
    if !explanation.usedMeaning, index.isDegraded { Console.print("by words alone: embeddings failed") }
    for candidate in explanation.candidates.prefix(20) {
      let meaning = candidate.meaning.map { String(format: "  meaning %.3f", $0) } ?? ""
      Console.print(
        String(format: "%.4f  words %.3f", candidate.passage.score, candidate.words) + meaning
          + "  \(candidate.passage.source ?? "")  \(candidate.cut.map { "cut: " + $0 } ?? "answered")")
    }
  }
}
