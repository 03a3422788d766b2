import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing
import VoiceCore
import VoiceTesting

@testable import DocumentIndex

struct VectorTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Answers a vector that points where a text's animals are: penguin, walrus, ostrich; "bird" is half of the first and the last.
  private final class Model: HTTPClient {
    let inputs = NIOLockedValueBox<[String]>([])
    let isAway = NIOLockedValueBox(false)
    /// Numbers of a vector: 3, and more that are all alike.
    let dimensions = NIOLockedValueBox(3)
    /// Questions are not answered while this is not finished.
    let gate = NIOLockedValueBox<AsyncStream<Void>?>(nil)
    private struct Request: Decodable { let input: [String] }

    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      if isAway.withLockedValue({ $0 }) { throw HTTPClientError(.unreachable, "away") }
      let texts = try JSONDecoder().decode(Request.self, from: Data((body ?? ByteBuffer()).readableBytesView)).input
      inputs.withLockedValue { $0 += texts }
      if texts.count == 1, let gate = gate.withLockedValue({ $0 }) { for await _ in gate {} }
      let more = Array(repeating: 0.001, count: dimensions.withLockedValue { $0 } - 3)
      let data = texts.enumerated().map { index, text in
        let lower = text.lowercased()
        let numbers = ["penguin", "walrus", "ostrich"].map {
          lower.contains($0) ? 1.0 : lower.contains("bird") && $0 != "walrus" ? 0.7 : 0.01
        }
        return #"{"index":\#(index),"embedding":[\#((numbers + more).map { "\($0)" }.joined(separator: ","))]}"#
      }
      return HTTPClientResponse(
        head: HTTPResponse(status: .ok), body: ByteBuffer(string: #"{"data":[\#(data.reversed().joined(separator: ","))]}"#))
    }
  }

  private static let texts = [
    "a.txt": "A penguin stands on ice.", "b.txt": "The walrus sleeps all day.", "c.txt": "An ostrich runs through sand.",
  ]

  private func index(_ model: Model, file: String? = nil, logger other: Logger? = nil) throws -> EmbeddedIndex {
    let logger = other ?? logger
    let embeddings = try Embeddings(
      .init(url: "http://h/v1", model: "m", batch: 2), client: model, now: { .uptimeNanoseconds(0) }, logger: logger)
    return try EmbeddedIndex(.texts(Self.texts), configuration: .init(file: file), embeddings: embeddings, logger: logger)
  }

  @Test func `a question is found by its meaning where no word of it stands`() async throws {
    let index = try index(Model())
    let held = try await index.refresh()
    #expect(held.vectors == 3 && held.embeddingFailure == nil)
    let found = try await index.passages(for: RetrievalQuery(text: "birds"))
    #expect(Set(found.map(\.source)) == ["a.txt", "c.txt"])
    #expect(try await index.explained(RetrievalQuery(text: "walrus")).usedMeaning)
  }

  @Test func `a model that is away leaves the words, and says so`() async throws {
    let model = Model()
    let index = try index(model)
    try await index.refresh()
    #expect(!index.isDegraded)
    model.isAway.withLockedValue { $0 = true }
    #expect(try await index.passages(for: RetrievalQuery(text: "sleeping walrus")).map(\.source) == ["b.txt"])
    #expect(index.isDegraded)
  }

  @Test func `vectors and documents survive in the file: no text is embedded twice`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "voice-index-\(UInt64.random(in: 0 ... .max)).sqlite").path
    defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + end) } }
    let model = Model()
    try await index(model, file: file).refresh()
    #expect(model.inputs.withLockedValue { $0.count } == 3)
    let again = try index(model, file: file)
    #expect(try await again.refresh().vectors == 3)
    #expect(model.inputs.withLockedValue { $0.count } == 3)
    #expect(try await again.passages(for: RetrievalQuery(text: "walrus")).first?.source == "b.txt")
  }

  @Test func `vectors of another model with its name are no meaning, and are made anew once`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "voice-index-\(UInt64.random(in: 0 ... .max)).sqlite").path
    defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + end) } }
    let model = Model()
    try await index(model, file: file).refresh()
    model.dimensions.withLockedValue { $0 = 5 }
    let recording = RecordingLog()
    let again = try index(model, file: file, logger: recording.logger)
    try await again.refresh()
    let words = try await again.explained(RetrievalQuery(text: "walrus"))
    #expect(!words.usedMeaning && words.candidates.map(\.passage.source) == ["b.txt"])
    #expect(words.candidates.allSatisfy { $0.meaning == nil && $0.passage.score == $0.words })
    #expect(try await again.refresh().vectors == 3)
    #expect(try await again.refresh().vectors == 3)
    // The three passages, the question, and the passages again.
    #expect(model.inputs.withLockedValue { $0.count } == 7)
    #expect(try await again.passages(for: RetrievalQuery(text: "birds")).count == 2)
    #expect(recording.messages.count { $0.contains("dimensions") } == 1)
  }

  @Test func `a server that answers now one number of dimensions and now another has nothing embedded over and over`() {
    var dimensions = VectorDimensions()
    let adopted = [nil, 3, 3, 5, 3, 5, 3].map { dimensions.adopt($0) }
    #expect(adopted == [false, true, false, true, false, false, false] && dimensions.current == 5)
  }

  @Test(.timeLimit(.minutes(1))) func `what the words have found is told while the vector is under way`() async throws {
    let model = Model()
    let index = try index(model)
    try await index.refresh()
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    model.gate.withLockedValue { $0 = gate }
    let early = NIOLockedValueBox<[[String?]]>([])
    let found = try await index.passages(for: RetrievalQuery(text: "penguin bird")) { passages in
      early.withLockedValue { $0.append(passages.map(\.source)) }
      open.finish()
    }
    #expect(early.withLockedValue { $0 } == [["a.txt"]])
    #expect(Set(found.map(\.source)) == ["a.txt", "c.txt"])
  }

  @Test func `questions and passages are given to the model as it wants them`() async throws {
    let model = Model()
    let embeddings = try Embeddings(
      .init(url: "http://h/v1", model: "m", questionPrefix: "query: ", passagePrefix: "passage: "), client: model,
      now: { .uptimeNanoseconds(0) }, logger: logger)
    let index = try EmbeddedIndex(.texts(Self.texts), embeddings: embeddings, logger: logger)
    try await index.refresh()
    _ = try await index.passages(for: RetrievalQuery(text: "birds"))
    let inputs = model.inputs.withLockedValue { $0 }
    #expect(inputs.filter { $0.hasPrefix("passage: ") }.count == 3 && inputs.last == "query: birds")
  }

  @Test func `a question's vector is asked for once`() async throws {
    let model = Model()
    let index = try index(model)
    try await index.refresh()
    for _ in 0..<3 { _ = try await index.passages(for: RetrievalQuery(text: "birds  ")) }
    #expect(model.inputs.withLockedValue { $0.filter { $0 == "birds" }.count } == 1)
  }

  @Test func `bytes keep the angles of the numbers`() throws {
    var random = SystemRandomNumberGenerator()
    func vector() -> [Float] { (0..<384).map { _ in Float.random(in: -1...1, using: &random) } }
    func cosine(_ a: [Float], _ b: [Float]) -> Float {
      let (x, y) = (a.reduce(0) { $0 + $1 * $1 }, b.reduce(0) { $0 + $1 * $1 })
      return zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / (x * y).squareRoot()
    }
    let (query, others) = (vector(), (0..<50).map { _ in vector() })
    var rows = VectorRows(dimensions: 384, count: 50)
    for (row, other) in others.enumerated() { rows.set(row, to: try #require(QuantizedVector(other))) }
    let found = VectorSearch.cosines(of: try #require(QuantizedVector(query)), in: rows)
    for (row, other) in others.enumerated() { #expect(abs(found[row] - cosine(query, other)) < 0.01) }
  }

  @Test(arguments: [[], [0, 0], [Float.nan, 1], [Float.infinity, 1]] as [[Float]]) func `a vector without a direction is none`(
    _ vector: [Float]
  ) {
    #expect(QuantizedVector(vector) == nil)
  }

  @Test(arguments: [
    ("http://h", "http://h/v1/embeddings"), ("https://api.openai.com/v1/", "https://api.openai.com/v1/embeddings"),
    ("http://h/v1/embeddings", "http://h/v1/embeddings"), ("https://h/e?api-version=1", "https://h/e?api-version=1"),
  ])
  func `the path of OpenAI is added where it lacks`(_ url: String, _ address: String) { #expect(Embeddings.address(url) == address) }
}
