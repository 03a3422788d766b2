import Dispatch
public import Logging
import NIOConcurrencyHelpers
import RAGPrefetch
public import ServiceLifecycle
public import VoiceCore

/// Documents of a folder in memory, found by their words in the language that they are in, and by their meaning where embeddings are set.
///
/// As a service it indexes at the start, then looks for changed files; it answers from the first document on. A query reads a snapshot: a
/// refresh never holds it up.
public struct EmbeddedIndex: ContextRetriever, Service, CustomStringConvertible {
  /// Settings of an index.
  public struct Configuration: Sendable {
    /// Interval between scans of the folder.
    public var interval: Duration
    /// Size in bytes above which a file is left out.
    public var maxFileBytes: Int
    /// Length of a passage in characters.
    public var passageCharacters: Int
    /// Passages of a lower score are left out; from 0 to 1.
    public var minScore: Double
    /// SQLite file in which documents and vectors survive a restart; nil: in memory alone.
    public var file: String?
    /// Commands that make text of other formats, by ending.
    public var converters: [String: DocumentConverter]

    /// Creates a configuration.
    public init(
      interval: Duration = .seconds(3), maxFileBytes: Int = 5 << 20, passageCharacters: Int = 1_000, minScore: Double = 0.2,
      file: String? = nil, converters: [String: DocumentConverter] = DocumentConverter.standard
    ) {
      self.interval = interval
      self.maxFileBytes = maxFileBytes
      self.passageCharacters = passageCharacters
      self.minScore = minScore
      self.file = file
      self.converters = converters
    }
  }

  let configuration: Configuration
  let library: Library
  let embeddings: Embeddings?
  let logger: Logger

  /// - Parameter embeddings: nil: words alone.
  /// - Parameter source: documents to index.
  /// - Parameter configuration: settings.
  /// - Parameter logger: destination of log lines.
  /// - Throws: `RetrievalError` where the file cannot be used.
  public init(
    _ source: DocumentSource, configuration: Configuration = Configuration(), embeddings: Embeddings? = nil,
    logger: Logger = Logger(label: "voice")
  ) throws(RetrievalError) {
    self.configuration = configuration
    self.embeddings = embeddings
    self.logger = logger
    let store: IndexStore
    do { store = try IndexStore(file: configuration.file) } catch {
      throw RetrievalError(.refused, "the index file cannot be opened: \(error)")
    }
    library = Library(source, configuration: configuration, model: embeddings?.model, store: store)
  }

  /// Name for logs, without the documents.
  public var description: String { "EmbeddedIndex" }

  /// True while questions are looked up by words alone although embeddings are set.
  public var isDegraded: Bool { embeddings?.isDegraded ?? false }

  /// Asks the embeddings' server for one vector.
  /// - Throws: `RetrievalError` where it does not answer as it should.
  public func checkEmbeddings() async throws { _ = try await embeddings?.check() }

  /// Paths of the documents in the index.
  package var sources: Set<String> {
    Set(
      library.snapshot.segments.flatMap { segment in
        segment.passages.indices.lazy.filter { !segment.isDead[$0] }.map { segment.passages[$0].path }
      })
  }

  // MARK: Asking

  public func passages(for query: RetrievalQuery) async throws -> [Passage] { try await explained(query).passages }

  /// Reports what the words have found where the question's vector is not there within some ms; what both have found supersedes it.
  public func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage] {
    try await explained(query, early: early).passages
  }

  public func warmUp() async { await embeddings?.warmUp() }

  // MARK: Indexing

  /// Takes in what is new or changed, and forgets what is gone. Answers what the index holds then.
  ///
  /// - Throws: `RetrievalError` where the folder cannot be read: the index stays as it was.
  @discardableResult
  public func refresh(progress report: @escaping @Sendable (IndexProgress) -> Void = { _ in }) async throws -> IndexProgress {
    var progress = try await library.refresh(report)
    guard let embeddings else { return progress }
    progress.vectorsWanted = progress.passages
    let words = progress
    do {
      progress.vectors = try await library.embed(with: embeddings) { done, total in
        var shown = words
        (shown.vectors, shown.vectorsWanted) = (done, total)
        report(shown)
      }
    } catch let error as RetrievalError { progress.embeddingFailure = error.description }
    return progress
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      var log = IndexLog(logger: logger)
      while !Task.isCancelled {
        let start = ContinuousClock.now
        do {
          log.refreshed(try await refresh(progress: IndexLog.reporter(logger)), in: ContinuousClock.now - start)
        } catch is CancellationError {
          return
        } catch { log.failed(error) }
        // A large folder is looked through less often: a twentieth of the time at most.
        try? await Task.sleep(for: max(configuration.interval, min(.seconds(300), (ContinuousClock.now - start) * 20)))
      }
    }
  }
}
