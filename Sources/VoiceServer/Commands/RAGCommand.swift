import ArgumentParser
import DocumentIndex
import Foundation
import Logging
import RAGPrefetch
import VoiceCore

/// `voice-server rag`: what the gateway would find.
struct RAGCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rag", abstract: "Try retrieval: ask a question, or index a folder.", subcommands: [Query.self, Index.self])

  /// `rag query "…"`: asks as a session does, by the settings.
  struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "query", abstract: "Ask the configured retriever, or the demo's documents where there is none.")

    @Argument(help: "Question, in spoken words.") var question: String
    @Option(help: "Repeat the query N times and report the fastest.") var times = 1
    @OptionGroup var options: SettingsOptions

    func run() async throws {
      let settings = try await options.load().settings
      let retrieval = try RAGCommand.retrieval(settings)
      guard let retriever = retrieval.retriever else { throw Failure.line("nothing to retrieve from") }
      try await retrieval.index?.refresh()
      await retriever.warmUp()
      let query = RetrievalQuery(text: question, limit: settings.rag.topK, timeout: settings.rag.timeout)
      var passages: [Passage] = []
      var quickest = Duration.seconds(3_600)
      for _ in 0..<max(1, times) {
        let start = ContinuousClock.now
        do { passages = try await retriever.passages(for: query) } catch { throw Failure.line("\(retrieval.source): \(error)") }
        quickest = min(quickest, ContinuousClock.now - start)
      }
      for (number, passage) in passages.enumerated() {
        let score = String(format: "%.4f", passage.score)
        Console.print("\(number + 1)  \(score)  \([passage.title, passage.source].compactMap(\.self).joined(separator: "  "))")
        Console.print("   " + passage.text.replacing("\n", with: "\n   "))
      }
      Console.print("\(passages.count) passages in \(RAGCommand.milliseconds(quickest)) from \(retrieval.source)")
      guard let text = ContextText.make(passages, limit: settings.rag.maxContextCharacters) else { return }
      Console.print("\(text.count) characters of context")
    }
  }

  /// `rag index [FOLDER]`: indexes as the start does, and tells how far it is.
  struct Index: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "index", abstract: "Index a folder, RAG_DOCUMENTS where none is named, and say what is in it.")

    @Option(help: "Folder to index.") var folder: String?
    @OptionGroup var options: SettingsOptions

    func run() async throws {
      var settings = try await options.load { source in
        if let folder { source.flags["RAG_DOCUMENTS"] = folder }
      }.settings
      settings.weaviate.url = nil
      settings.rag.httpURL = nil
      guard settings.rag.documents != nil, let index = try RAGCommand.retrieval(settings).index else {
        throw Failure.settings(SettingsError(["RAG_DOCUMENTS: not set; expected a folder, or --folder"]))
      }
      let start = ContinuousClock.now
      let held = try await index.refresh { progress in
        if progress.done % 512 < 32 || progress.done == progress.total { Console.print("\(progress.done) of \(progress.total) documents") }
      }
      Console.print(
        "\(held.documents) documents, \(held.passages) passages, \(held.words) words, \(held.bytes / 1_024) KiB in memory "
          + "(\(held.bytes / max(1, held.words)) bytes a word), \(RAGCommand.milliseconds(ContinuousClock.now - start))")
    }
  }

  private static func retrieval(_ settings: Settings) throws -> Retrieval {
    do {
      return try Retrieval(
        settings, client: Upstream.retrievalClient(settings), documents: DemoDocuments.source,
        logger: Logger(label: "rag") { _ in SwiftLogNoOpLogHandler() })
    } catch let error as SettingsError { throw Failure.settings(error) }
  }

  private static func milliseconds(_ duration: Duration) -> String { String(format: "%.1f ms", duration / .milliseconds(1)) }
}
