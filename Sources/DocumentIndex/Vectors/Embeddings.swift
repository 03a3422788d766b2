import Foundation
import HTTPTypes
public import Logging
import NIOConcurrencyHelpers
public import NIOCore
import RAGPrefetch
public import VoiceCore

/// Vectors of texts, by any server that speaks OpenAI's `/v1/embeddings`: OpenAI, Ollama, llama.cpp, TEI, vLLM.
public struct Embeddings: Sendable {
  /// Endpoint and bounds of an embedding model.
  public struct Configuration: Sendable {
    /// The server, with or without `/v1/embeddings`.
    public var url: String
    /// Name of the model.
    public var model: String
    /// Key that is sent as a bearer token.
    public var apiKey: Secret?
    /// Texts in one request.
    public var batch: Int
    /// Timeout of a batch of passages.
    public var batchTimeout: Duration
    /// Timeout of a question; after it, words alone answer.
    public var queryTimeout: Duration
    /// Questions whose vectors are remembered.
    public var remembered: Int
    /// Text that the model wants before a question: `query: ` for E5, `search_query: ` for Nomic.
    public var questionPrefix: String
    /// Text that the model wants before a passage: `passage: ` for E5, `search_document: ` for Nomic.
    public var passagePrefix: String

    /// Creates a configuration.
    public init(
      url: String, model: String, apiKey: Secret? = nil, batch: Int = 64, batchTimeout: Duration = .seconds(60),
      queryTimeout: Duration = .milliseconds(400), remembered: Int = 2_048, questionPrefix: String = "", passagePrefix: String = ""
    ) {
      self.url = url
      self.model = model
      self.apiKey = apiKey
      self.batch = max(1, batch)
      self.batchTimeout = batchTimeout
      self.queryTimeout = queryTimeout
      self.remembered = remembered
      self.questionPrefix = questionPrefix
      self.passagePrefix = passagePrefix
    }
  }

  private struct State: Sendable {
    var breaker = CircuitBreakerStateMachine(failuresAllowed: 1, firstPause: .seconds(2), longestPause: .seconds(30))
    var questions: ExpiringLRU<String, QuantizedVector>
    var dimensions: Int?
  }

  let configuration: Configuration
  private let endpoint: RetrieverEndpoint
  private let now: @Sendable () -> NIODeadline
  private let logger: Logger
  private let state: NIOLockedValueBox<State>

  /// - Throws: `RetrievalError` where the URL is no http or https URL.
  public init(
    _ configuration: Configuration, client: any HTTPClient, now: @escaping @Sendable () -> NIODeadline, logger: Logger
  ) throws(RetrievalError) {
    self.configuration = configuration
    self.now = now
    self.logger = logger
    endpoint = try RetrieverEndpoint(url: Self.address(configuration.url), token: configuration.apiKey, client: client)
    state = NIOLockedValueBox(State(questions: ExpiringLRU(capacity: configuration.remembered, lifetime: .hours(24))))
  }

  /// Name under which vectors of passages are kept: the model, and what it is given beside the text.
  var model: String {
    configuration.passagePrefix.isEmpty ? configuration.model : configuration.model + "\n" + configuration.passagePrefix
  }
  var batch: Int { configuration.batch }
  /// True after a failure, until a request is answered again.
  public var isDegraded: Bool { state.withLockedValue { !$0.breaker.isClosed } }

  /// Numbers of a vector, as the server answered last; nil before its first answer.
  var dimensions: Int? { state.withLockedValue { $0.dimensions } }

  /// Warns that the model is another one than before, though its name is the same.
  func warn(ofOtherDimensions passages: Int, now numbers: Int) {
    logger.warning(
      """
      the embeddings have another number of dimensions than those of \(passages) passages, \(numbers) now: these are found by words alone \
      until they are embedded again
      """, metadata: ["model": "\(configuration.model)"])
  }

  /// Opens a connection that the first question finds ready.
  func warmUp() async { _ = try? await vector(ofQuestion: "hello") }

  /// Nil where the server is away or slow: words alone answer then.
  func vector(ofQuestion text: String) async throws -> QuantizedVector? {
    let key = text.onOneLine
    let known = state.withLockedValue { state in
      // Of a model that the server has no more.
      state.questions.value(for: key, at: now()).flatMap { $0.values.count == state.dimensions ? $0 : nil }
    }
    if let known { return known }
    guard state.withLockedValue({ $0.breaker.admits(at: now()) }) else { return nil }
    do {
      let vector = try await ask([configuration.questionPrefix + key], timeout: configuration.queryTimeout).first
      worked()
      if let vector { state.withLockedValue { $0.questions.insert(vector, for: key, at: now()) } }
      return vector
    } catch let error as RetrievalError where error.code == .cancelled {
      state.withLockedValue { $0.breaker.cancelled(at: now()) }
      throw error
    } catch {
      failed(error)
      return nil
    }
  }

  /// Vectors of passages, in their order.
  /// - Throws: ``RetrievalError``.
  func vectors(of texts: [String]) async throws -> [QuantizedVector] {
    do {
      let vectors = try await ask(texts.map { configuration.passagePrefix + $0 }, timeout: configuration.batchTimeout)
      worked()
      return vectors
    } catch let error as RetrievalError where error.code == .cancelled {
      throw CancellationError()
    } catch {
      failed(error)
      throw error
    }
  }

  /// Asks for the vector of one word. Answers one line for the operator.
  public func check(timeout: Duration = .seconds(10)) async throws -> String {
    let vector = try await ask([RetrievalQuery.trial(timeout: timeout).text], timeout: timeout)
    return "embeddings of \(endpoint.authority), model \(configuration.model), \(vector.first?.values.count ?? 0) numbers"
  }

  private struct Request: Encodable {
    let model: String
    let input: [String]
    let encodingFormat = "float"

    enum CodingKeys: String, CodingKey {
      case model, input
      case encodingFormat = "encoding_format"
    }
  }
  private struct Answer: Decodable {
    struct Item: Decodable {
      let index: Int?
      let embedding: [Float]
    }
    let data: [Item]
  }

  private func ask(_ texts: [String], timeout: Duration) async throws -> [QuantizedVector] {
    let body = try JSONEncoder().encode(Request(model: configuration.model, input: texts))
    let answer: Answer = try await endpoint.ask(.post, "", body: body, hiding: texts, timeout: timeout)
    let ordered = answer.data.enumerated().sorted { ($0.element.index ?? $0.offset) < ($1.element.index ?? $1.offset) }
    let vectors = ordered.compactMap { QuantizedVector($0.element.embedding) }
    guard vectors.count == texts.count, let numbers = vectors.first?.values.count, vectors.allSatisfy({ $0.values.count == numbers }) else {
      throw RetrievalError(.badAnswer, "\(endpoint.authority) answered \(vectors.count) vectors for \(texts.count) texts")
    }
    state.withLockedValue { $0.dimensions = numbers }
    return vectors
  }

  private func worked() {
    if state.withLockedValue({ $0.breaker.succeeded() }) != nil {
      logger.notice("embeddings work again: questions are looked up by meaning too")
    }
  }

  private func failed(_ error: any Error) {
    let wasClosed = !isDegraded
    guard state.withLockedValue({ $0.breaker.failed(at: now()) }) != nil, wasClosed else { return }
    logger.warning("embeddings failed: questions are looked up by words alone until they work again", metadata: ["error": "\(error)"])
  }

  /// OpenAI's path where the URL names only a server, or a version.
  static func address(_ url: String) -> String {
    var base = url
    while base.hasSuffix("/") { base.removeLast() }
    if base.hasSuffix("/embeddings") || base.contains("?") { return base }
    return base + (base.hasSuffix("/v1") ? "/embeddings" : "/v1/embeddings")
  }
}
