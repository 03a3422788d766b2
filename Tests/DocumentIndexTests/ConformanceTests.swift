import DocumentIndex
import Logging
import Testing
import VoiceTesting

/// The rules of every retriever, against the index.
@Suite struct ConformanceTests {
  private static let documents = [
    "warranty.md": "# Warranty\n\nThe warranty of a watch can be extended for two years.",
    "care.md": "# Care\n\nA watch that gets wet loses its warranty.",
    "returns.md": "# Returns\n\nOpened items go back within fourteen days.",
  ]

  @Test(arguments: ContextRetrieverConformance.rules)
  func `an index of documents keeps the rules of retrievers`(rule: ConformanceRule<ContextRetrieverConformance.Subject>) async throws {
    let index = try EmbeddedIndex(.texts(Self.documents), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await index.refresh()
    try await rule.check(.init(retriever: index, question: "warranty of my watch", unrelated: "zebras galore"))
  }
}
