import Dispatch
public import Logging
public import ServiceLifecycle
public import VoiceCore

/// Documents of a folder in memory, found by their words: SQLite's FTS5 with BM25 over folded and stemmed words, English and French.
///
/// As a service it indexes at the start, then looks for changed files; it answers from the first document on.
public struct EmbeddedIndex: ContextRetriever, Service, CustomStringConvertible {
  public struct Configuration: Sendable {
    /// How often the folder is looked through.
    public var interval: Duration
    public var maxFileBytes: Int
    /// Length of a passage in characters.
    public var passageCharacters: Int

    public init(interval: Duration = .seconds(3), maxFileBytes: Int = 5 << 20, passageCharacters: Int = 700) {
      self.interval = interval
      self.maxFileBytes = maxFileBytes
      self.passageCharacters = passageCharacters
    }
  }

  let database: IndexDatabase
  private let source: DocumentSource
  private let configuration: Configuration
  private let logger: Logger
  /// Reads and parses files: work that would hold up others.
  private let background = DispatchQueue(label: "voice.rag.index", qos: .utility)
  private static let batch = 32

  public init(_ source: DocumentSource, configuration: Configuration = Configuration(), logger: Logger) throws(RetrievalError) {
    self.source = source
    self.configuration = configuration
    self.logger = logger
    do { database = try IndexDatabase() } catch { throw RetrievalError(.refused, "SQLite cannot make the index: \(error)") }
  }

  /// Without its documents: services are named in logs.
  public var description: String { "EmbeddedIndex" }

  // MARK: Asking

  public func passages(for query: RetrievalQuery) async throws -> [Passage] {
    guard let expression = MatchExpression(for: query.text, frequencies: database.frequencies) else { return [] }
    let matches: [IndexDatabase.Match]
    do { matches = try await database.matches(expression, limit: query.limit + 50) } catch is CancellationError {
      throw RetrievalError(.cancelled, "not needed any more")
    } catch { throw RetrievalError(.refused, "the index failed") }
    // One long document is not to be the only one heard.
    var counts: [Int64: Int] = [:]
    let chosen = matches.filter { match in
      counts[match.document, default: 0] += 1
      return counts[match.document, default: 0] <= 2
    }
    return chosen.prefix(query.limit).map(\.passage)
  }

  // MARK: Indexing

  /// Takes in what is new or changed, and forgets what is gone. Answers what the index holds then.
  @discardableResult
  public func refresh(progress report: @Sendable (IndexProgress) -> Void = { _ in }) async throws -> IndexProgress {
    let found = await offload(stamps)
    let known = try await database.stamps()
    let gone = known.keys.filter { found[$0] == nil }
    let changed = found.filter { known[$0.key] != $0.value }.sorted { $0.key < $1.key }
    guard !gone.isEmpty || !changed.isEmpty else { return try await database.counts() }
    var progress = IndexProgress()
    progress.total = gone.count + changed.count
    if !gone.isEmpty { try await database.remove(Array(gone)) }
    progress.done = gone.count
    var start = 0
    while start < changed.count {
      try Task.checkCancellation()
      let batch = changed[start..<min(start + Self.batch, changed.count)]
      try await database.insert(await offload { read(batch) })
      start += batch.count
      progress.done += batch.count
      report(progress)
    }
    if changed.count > Self.batch { try await database.optimize() }
    try await database.count()
    var counts = try await database.counts()
    (counts.done, counts.total) = (progress.done, progress.total)
    return counts
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      var isFirst = true
      while !Task.isCancelled {
        let start = ContinuousClock.now
        await refreshAndLog(isFirst: isFirst)
        isFirst = false
        // A large folder is looked through less often: a twentieth of the time at most.
        try? await Task.sleep(for: max(configuration.interval, (ContinuousClock.now - start) * 20))
      }
    }
  }

  private func refreshAndLog(isFirst: Bool) async {
    do {
      let start = ContinuousClock.now
      let index = try await refresh { progress in
        if progress.done % 1_000 < Self.batch, progress.total >= 1_000 {
          logger.info("indexed \(progress.done) of \(progress.total) documents")
        }
      }
      if index.total > 0 || isFirst {
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        logger.info("index: \(index.documents) documents, \(index.passages) passages, \(Int(milliseconds)) ms")
      }
      if isFirst, index.documents == 0 { logger.warning("the index is empty: no .md, .txt or .html was found") }
    } catch is CancellationError {
    } catch { logger.error("indexing failed: \(error)") }
  }

  private func stamps() -> [String: DocumentFolder.Stamp] {
    switch source {
    case .folder(let root): DocumentFolder(root: root, maxFileBytes: configuration.maxFileBytes).stamps()
    case .texts(let texts): texts.mapValues { DocumentFolder.Stamp(bytes: $0.utf8.count, modified: $0.hashValue) }
    }
  }

  private func read(_ files: ArraySlice<(key: String, value: DocumentFolder.Stamp)>) -> [IndexedDocument] {
    let chunker = Chunker(size: configuration.passageCharacters)
    return files.map { path, stamp in
      let text: String? =
        switch source {
        case .folder(let root): DocumentFolder(root: root, maxFileBytes: configuration.maxFileBytes).text(of: path)
        case .texts(let texts): texts[path]
        }
      return IndexedDocument(path: path, stamp: stamp, text: text ?? "", chunker: chunker)
    }
  }

  private func offload<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in background.async { continuation.resume(returning: work()) } }
  }
}
