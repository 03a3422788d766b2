import ArgumentParser
import DocumentIndex
import Foundation
import Logging
import NIOConcurrencyHelpers
import RAGPrefetch
import VoiceCore

/// `voice-server rag`: retrieval to look at.
struct RAGCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rag", abstract: "Try retrieval: ask a question, index a folder, or measure questions of your own.",
    subcommands: [RAGQueryCommand.self, RAGIndexCommand.self, RAGEvalCommand.self])

  static func retrieval(_ settings: Settings) throws -> RetrieverServices {
    do {
      return try RetrieverServices(
        settings, client: UpstreamClients.retrievalClient(settings), documents: DemoDocuments.source,
        logger: Logger(label: "rag") { _ in SwiftLogNoOpLogHandler() })
    } catch let error as SettingsError { throw Failure.settings(error) }
  }

  /// Indexes what there is to index.
  static func prepare(_ retrieval: RetrieverServices) async throws {
    guard let index = retrieval.index else { return }
    let held: IndexProgress
    do { held = try await index.refresh(progress: reporter()) } catch { throw Failure.line("documents: \(error)") }
    for problem in held.leftOut { Console.print("left out: \(problem)") }
    if let failure = held.embeddingFailure { Console.print("embeddings: \(failure)") }
  }

  /// Tells on standard error how far a long run is, every two seconds.
  private static func reporter() -> @Sendable (IndexProgress) -> Void {
    let told = NIOLockedValueBox(ContinuousClock.now)
    return { progress in
      let isDue = told.withLockedValue { last in
        guard ContinuousClock.now - last > .seconds(2) else { return false }
        last = .now
        return true
      }
      guard isDue else { return }
      Console.error(
        progress.vectorsWanted > 0
          ? "\(progress.vectors) of \(progress.vectorsWanted) passages embedded" : "\(progress.done) of \(progress.total) documents indexed"
      )
    }
  }

  static func milliseconds(_ duration: Duration) -> String { String(format: "%.1f ms", duration / .milliseconds(1)) }
}
