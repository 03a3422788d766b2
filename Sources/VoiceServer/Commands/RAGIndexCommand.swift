import ArgumentParser
import DocumentIndex
import Foundation

/// `rag index [--folder FOLDER]`: indexes as the start does, and tells how far it is.
struct RAGIndexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Index a folder, RAG_DOCUMENTS where none is named, and say what is in it and which documents could not be read.")

  @Option(help: "The folder.") var folder: String?
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
    let held: IndexProgress
    do {
      held = try await index.refresh { progress in
        if progress.vectorsWanted > 0 {
          Console.print("\(progress.vectors) of \(progress.vectorsWanted) passages embedded")
        } else if progress.done % 512 < 32 || progress.done == progress.total {
          Console.print("\(progress.done) of \(progress.total) documents")
        }
      }
    } catch { throw Failure.line("\(error)") }
    for problem in held.leftOut { Console.print("left out: \(problem)") }
    for repair in held.repairs { Console.print("repaired: \(repair)") }
    let vectors = held.vectorsWanted > 0 ? ", \(held.vectors) with a vector" : ""
    Console.print(
      "\(held.documents) documents, \(held.passages) passages\(vectors), \(held.words) words, \(held.bytes / 1_024) KiB in memory "
        + "(\(held.bytes / max(1, held.words)) bytes a word), \(RAGCommand.milliseconds(ContinuousClock.now - start))")
    if let failure = held.embeddingFailure { throw Failure.line("embeddings: \(failure)") }
  }
}
