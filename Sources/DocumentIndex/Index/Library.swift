import Dispatch
import Foundation
import NIOConcurrencyHelpers
import RAGPrefetch
import VoiceCore

/// The documents of a source and the index of them. Changes are made one after the other on a queue of their own; a snapshot can be had
/// at any time.
final class Library: Sendable {
  struct State: Sendable {
    var writer = IndexWriter()
    var stamps: [String: DocumentFolder.Stamp] = [:]
    var isLoaded = false
    var dimensions = VectorDimensions()
    var leftOut: [IndexProgress.LeftOut] = []
  }

  private let source: DocumentSource
  private let configuration: EmbeddedIndex.Configuration
  private let model: String?
  let store: IndexStore
  /// Taken on `queue` alone.
  let state = NIOLockedValueBox(State())
  private let published = NIOLockedValueBox(IndexSnapshot())
  private let queue = DispatchQueue(label: "voice.rag.index", qos: .utility)
  private static let batch = 32

  init(_ source: DocumentSource, configuration: EmbeddedIndex.Configuration, model: String?, store: IndexStore) {
    self.source = source
    self.configuration = configuration
    self.model = model
    self.store = store
  }

  var snapshot: IndexSnapshot { published.withLockedValue { $0 } }

  // MARK: Documents

  func refresh(_ report: @escaping @Sendable (IndexProgress) -> Void) async throws -> IndexProgress {
    try await onQueue { [self] isCancelled in
      try state.withLockedValue { state in
        let reader = TermReader()
        try load(&state, reader, isCancelled)
        return try refresh(&state, reader, isCancelled, report)
      }
    }
  }

  /// Entries of the file at the last end of the process.
  private func load(_ state: inout State, _ reader: TermReader, _ isCancelled: () -> Bool) throws {
    guard !state.isLoaded else { return }
    try store.documents(batch: 1_024) { batch in
      guard !isCancelled() else { throw CancellationError() }
      for document in batch { state.stamps[document.path] = document.stamp }
      insert(batch, into: &state, reader)
    }
    state.isLoaded = true
  }

  private func refresh(
    _ state: inout State, _ reader: TermReader, _ isCancelled: () -> Bool, _ report: (IndexProgress) -> Void
  ) throws -> IndexProgress {
    let found = try look()
    var leftOut = found.leftOut
    let gone = state.stamps.keys.filter { found.stamps[$0] == nil && !found.keeps($0) }
    let changed = found.stamps.filter { state.stamps[$0.key] != $0.value }.sorted { $0.key < $1.key }
    var progress = IndexProgress()
    progress.total = gone.count + changed.count
    for path in gone {
      state.writer.remove(path)
      state.stamps[path] = nil
    }
    if !gone.isEmpty {
      try store.remove(gone)
      publish(state)
    }
    progress.done = gone.count
    var start = 0
    while start < changed.count {
      guard !isCancelled() else { throw CancellationError() }
      // Small at first, so that something is there soon.
      let batch = changed[start..<min(start + Self.batch * (start < 1_024 ? 1 : 16), changed.count)]
      var documents: [StoredDocument] = []
      for (path, stamp) in batch {
        do {
          let document = try read(path)
          documents.append(StoredDocument(path: path, stamp: stamp, passages: passages(of: document, path: path, reader)))
          if document.brokenBytes > 0 { progress.repairs.append(IndexProgress.Repair(path: path, bytes: document.brokenBytes)) }
          if let charset = document.unknownCharset { progress.guesses.append(IndexProgress.Guess(path: path, charset: charset)) }
        } catch let error as DocumentError {
          leftOut.append(IndexProgress.LeftOut(path: path, reason: error.reason, isKept: state.stamps[path] != nil))
          // What can never be read as it is waits for its next change; what failed is tried again.
          if error.isFinal, state.stamps[path] == nil { progress.total -= 1 }
        }
      }
      documents = Self.completed(documents, after: state.writer.snapshot)
      for document in documents { state.stamps[document.path] = document.stamp }
      try store.insert(documents)
      insert(documents, into: &state, reader)
      start += batch.count
      progress.done += documents.count
      report(progress)
    }
    progress.total = min(progress.total, progress.done)
    state.leftOut = leftOut
    return counted(state, progress)
  }

  /// Gives passages that do not tell their language that of most others.
  private static func completed(_ documents: [StoredDocument], after snapshot: IndexSnapshot) -> [StoredDocument] {
    guard documents.contains(where: { $0.passages.contains { $0.language.isEmpty } }) else { return documents }
    var counts: [Languages: Int] = [:]
    for segment in snapshot.segments {
      for passage in segment.passages.prefix(256) { counts[passage.language, default: 0] += 1 }
    }
    for document in documents { for passage in document.passages { counts[passage.language, default: 0] += 1 } }
    counts[[]] = nil
    guard let usual = counts.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) })?.key else { return documents }
    return documents.map { document in
      var document = document
      document.passages = document.passages.map { passage in
        var passage = passage
        if passage.language.isEmpty { passage.language = usual }
        return passage
      }
      return document
    }
  }

  private func insert(_ documents: [StoredDocument], into state: inout State, _ reader: TermReader) {
    state.writer.insert(documents.map { ($0.path, $0.passages) }, reader: reader)
    publish(state)
  }

  func publish(_ state: State) { published.withLockedValue { $0 = state.writer.snapshot } }

  private func counted(_ state: State, _ progress: IndexProgress) -> IndexProgress {
    var progress = progress
    let snapshot = state.writer.snapshot
    progress.documents = state.stamps.count
    progress.passages = snapshot.passageCount
    progress.words = snapshot.termCount
    progress.bytes = snapshot.segments.reduce(0) { $0 + $1.memory }
    progress.leftOut = state.leftOut
    return progress
  }

  private func passages(of document: SourceDocument, path: String, _ reader: TermReader) -> [IndexedPassage] {
    let chunks = Chunker(size: configuration.passageCharacters).chunks(of: document)
    // A passage of a few words says less of its language than the whole document.
    let all = reader.language(of: chunks.prefix(8).flatMap { TextRun.runs(of: $0.text) })
    return chunks.map { chunk in
      let runs = TextRun.runs(of: chunk.text)
      let language = runs.count >= 12 ? reader.language(of: runs) : []
      return IndexedPassage(path: path, title: chunk.title, text: chunk.text, language: language.isEmpty ? all : language)
    }
  }

  // MARK: Source

  private func look() throws -> DocumentFolder.Listing {
    switch source {
    case .folder(let root): return try folder(root).listing()
    case .texts(let texts):
      return DocumentFolder.Listing(
        stamps: texts.mapValues { DocumentFolder.Stamp(bytes: $0.utf8.count, modified: $0.hashValue, file: 0) })
    }
  }

  private func read(_ path: String) throws -> SourceDocument {
    switch source {
    case .folder(let root): try folder(root).document(at: path)
    case .texts(let texts): DocumentParser.parse(texts[path] ?? "", path: path)
    }
  }

  private func folder(_ root: URL) -> DocumentFolder {
    DocumentFolder(root: root, maxFileBytes: configuration.maxFileBytes, converters: configuration.converters)
  }

  func onQueue<Value: Sendable>(_ work: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> Value) async throws -> Value {
    let cancelled = NIOLockedValueBox(false)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async { continuation.resume(with: Result { try work { cancelled.withLockedValue { $0 } } }) }
      }
    } onCancel: {
      cancelled.withLockedValue { $0 = true }
    }
  }
}
