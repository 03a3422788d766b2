import DocumentIndex
import Foundation
import Logging
import Testing
import VoiceCore

struct EmbeddedIndexTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test func `of 200 spoken questions to 500 documents nine in ten find theirs among the first three`() async throws {
    let corpus = SpokenCorpus()
    #expect(corpus.documents.count == 500 && corpus.questions.count == 200)
    let index = try EmbeddedIndex(.texts(corpus.documents), logger: logger)
    let held = try await index.refresh()
    #expect(held.documents == 500)
    #expect(held.bytes < 200 * held.words)
    var hits = 0
    for question in corpus.questions {
      let found = try await index.passages(for: RetrievalQuery(text: question.text))
      if found.contains(where: { $0.source == question.document }) { hits += 1 }
    }
    #expect(hits >= 180, "found \(hits) of 200")
  }

  @Test func `a passage has its text, its headings and its file`() async throws {
    let index = try EmbeddedIndex(
      .texts(["kb/refunds.md": "# Refunds\n\n## Opened items\n\nThey can be *returned* within [14 days](x.md)."]), logger: logger)
    try await index.refresh()
    let found = try await index.passages(for: RetrievalQuery(text: "returning an opened item"))
    #expect(found.map(\.text) == ["They can be returned within 14 days."])
    #expect(found.map(\.title) == ["Refunds"] && found.map(\.section) == ["Opened items"])
    #expect(found.map(\.source) == ["kb/refunds.md"])
    #expect((found.first?.score ?? 0) > 0)
  }

  @Test(arguments: ["bò", "bo"]) func `tone marks make words of Vietnamese, and a question without them finds all`(_ word: String)
    async throws
  {
    let texts = ["a.txt": "Con bò này ở trong ngôi nhà của làng.", "b.txt": "Bơ này ở trong ngôi nhà của làng."]
    let index = try EmbeddedIndex(.texts(texts), configuration: .init(minScore: 0), logger: logger)
    try await index.refresh()
    let found = try await index.passages(for: RetrievalQuery(text: word, language: "vi")).compactMap(\.source).sorted()
    #expect(found == (word == "bò" ? ["a.txt"] : ["a.txt", "b.txt"]))
  }

  @Test func `another form of a word is found by its beginning where the word itself stands nowhere`() async throws {
    let index = try EmbeddedIndex(.texts(["a.txt": "Garantiebedingungen gelten lange.", "b.txt": "Preise."]), logger: logger)
    try await index.refresh()
    #expect(try await index.passages(for: RetrievalQuery(text: "Garantiebedarf")).map(\.source) == ["a.txt"])
  }

  @Test(arguments: ["", "   ", "\"", "\" OR title : \"", "NEAR(a b)", "*", "l'", "la MER", "-- ; DROP TABLE passage", "日本語 の 質問"])
  func `no question breaks the search`(_ question: String) async throws {
    let index = try EmbeddedIndex(.texts(["a.txt": "Un été à la mer."]), logger: logger)
    try await index.refresh()
    let found = try await index.passages(for: RetrievalQuery(text: question))
    #expect(found.isEmpty == !question.contains("MER"))
  }

  @Test func `words that stand everywhere cost no time, and do not hide those that say what is meant`() async throws {
    var texts: [String: String] = [:]
    for number in 0..<6_000 { texts["d\(number).txt"] = "Order number \(number) was sent with parcel service\(number % 7) yesterday." }
    texts["z.txt"] = "An order with a broken seal was sent back, the parcel too."
    let index = try EmbeddedIndex(.texts(texts), logger: logger)
    try await index.refresh()
    let meant = try await index.passages(for: RetrievalQuery(text: "what if an order is sent in a parcel with a broken seal"))
    #expect(meant.first?.source == "z.txt")
    let common = try await index.passages(for: RetrievalQuery(text: "was the order sent with a parcel"))
    #expect(common.count == 3)
    #expect(common.allSatisfy { $0.text.lowercased().contains("order") && $0.text.contains("parcel") })
  }

  @Test func `files that are new, changed or gone are seen at the next look`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "voice-rag-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder.appending(path: "sub/.hidden"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: folder.appending(path: path)) }
    func found(_ question: String) async throws -> [String] {
      try await index.passages(for: RetrievalQuery(text: question)).map { $0.source ?? "" }
    }
    let index = try EmbeddedIndex(.folder(folder), logger: logger)
    try write("Penguins live in the south.", to: "a.md")
    try write("Walruses live in the north.", to: "sub/b.txt")
    try write("Walruses are hidden.", to: "sub/.hidden/c.txt")
    try write("Walruses are no document.", to: "d.exe")
    #expect(try await index.refresh().documents == 2)
    #expect(try await found("where do walruses live") == ["sub/b.txt"])
    try write("Ostriches live in the desert, and walk.", to: "a.md")
    try FileManager.default.removeItem(at: folder.appending(path: "sub/b.txt"))
    let after = try await index.refresh()
    #expect(after.documents == 1 && after.total == 2)
    #expect(try await found("penguins walruses") == [])
    #expect(try await found("ostrich") == ["a.md"])
    #expect(try await index.refresh().total == 0)
  }

  @Test func `one long document does not fill the answer alone`() async throws {
    let long = (1...40).map { "## Part \($0)\n\nAll about penguins, number \($0)." }.joined(separator: "\n\n")
    let index = try EmbeddedIndex(.texts(["long.md": "# Penguins\n\n" + long, "short.md": "Penguins swim."]), logger: logger)
    try await index.refresh()
    let found = try await index.passages(for: RetrievalQuery(text: "penguins"))
    #expect(found.contains { $0.source == "short.md" })
    #expect(found.filter { $0.source == "long.md" }.count == 2)
  }

  @Test func `links are followed, each document counts once, and a folder that is away keeps the index`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "voice-rag-\(UInt64.random(in: 0 ... .max))")
    let manager = FileManager.default
    defer { try? manager.removeItem(at: folder) }
    for version in ["..v1", "..v2"] {
      try manager.createDirectory(at: folder.appending(path: version), withIntermediateDirectories: true)
      try Data("The kinkajou of \(version) eats figs.".utf8).write(to: folder.appending(path: version + "/cm.md"))
    }
    let data = folder.appending(path: "..data").path
    try manager.createSymbolicLink(atPath: data, withDestinationPath: "..v1")
    try manager.createSymbolicLink(atPath: folder.appending(path: "cm.md").path, withDestinationPath: "..data/cm.md")
    try manager.createSymbolicLink(atPath: folder.appending(path: "again.md").path, withDestinationPath: "cm.md")
    try manager.createSymbolicLink(atPath: folder.appending(path: "loop").path, withDestinationPath: ".")
    let link = folder.path + "-link"
    defer { try? manager.removeItem(atPath: link) }
    try manager.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
    let index = try EmbeddedIndex(.folder(URL(filePath: link, directoryHint: .isDirectory)), logger: logger)
    #expect(try await index.refresh().documents == 1)
    func texts() async throws -> [String] { try await index.passages(for: RetrievalQuery(text: "kinkajou")).map(\.text) }
    #expect(try await texts() == ["The kinkajou of ..v1 eats figs."])
    try manager.removeItem(atPath: data)
    try manager.createSymbolicLink(atPath: data, withDestinationPath: "..v2")
    try await index.refresh()
    #expect(try await texts() == ["The kinkajou of ..v2 eats figs."])
    try manager.removeItem(atPath: link)
    await #expect(throws: RetrievalError.self) { try await index.refresh() }
    #expect(try await texts().count == 1)
  }

  @Test func `what is not text, or too large, is named, and keeps nothing else back`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "voice-rag-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("Penguins swim.".utf8).write(to: folder.appending(path: "a.md"))
    try Data([1, 0, 2, 0]).write(to: folder.appending(path: "b.txt"))
    try Data(repeating: 65, count: 2 << 20).write(to: folder.appending(path: "c.txt"))
    let index = try EmbeddedIndex(.folder(folder), configuration: .init(maxFileBytes: 1 << 20), logger: logger)
    let held = try await index.refresh()
    #expect(held.documents == 1 && Set(held.leftOut.map(\.path)) == ["b.txt", "c.txt"])
  }

  @Test func `nothing relevant is an empty answer, and the same text counts once`() async throws {
    let index = try EmbeddedIndex(
      .texts(["a.txt": "Refunds take 14 days.", "b.txt": "Refunds take 14 days.", "c.txt": "Bikes are rented by the hour."]), logger: logger
    )
    try await index.refresh()
    #expect(try await index.passages(for: RetrievalQuery(text: "which mountain of mongolia is highest")).isEmpty)
    #expect(try await index.passages(for: RetrievalQuery(text: "refunds")).count == 1)
  }
}
