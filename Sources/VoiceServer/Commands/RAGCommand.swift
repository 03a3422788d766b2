import ArgumentParser
import DocumentIndex
import Foundation
import Logging
import RAGPrefetch
import VoiceCore

/// `voice-server rag`: retrieval to look at.
struct RAGCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rag", abstract: "Try retrieval: ask a question, index a folder, or measure questions of your own.",
    subcommands: [RAGQueryCommand.self, RAGIndexCommand.self, RAGEvalCommand.self])

  static func retrieval(_ settings: Settings) throws -> Retrieval {
    do {
      return try Retrieval(
        settings, client: Upstream.retrievalClient(settings), documents: DemoDocuments.source,
        logger: Logger(label: "rag") { _ in SwiftLogNoOpLogHandler() })
    } catch let error as SettingsError { throw Failure.settings(error) }
  }

  /// Indexes what there is to index.
  static func prepare(_ retrieval: Retrieval) async throws {
    guard let index = retrieval.index else { return }
    let held: IndexProgress
    do { held = try await index.refresh() } catch { throw Failure.line("documents: \(error)") }
    for problem in held.leftOut { Console.print("left out: \(problem)") }
    if let failure = held.embeddingFailure { Console.print("embeddings: \(failure)") }
  }

  static func milliseconds(_ duration: Duration) -> String { String(format: "%.1f ms", duration / .milliseconds(1)) }
}
