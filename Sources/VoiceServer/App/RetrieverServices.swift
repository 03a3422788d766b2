import DocumentIndex
import Foundation
import Logging
import NIOCore
import RAGPrefetch
import ServiceLifecycle
import VoiceCore
import VoiceGateway

/// Sources of context, by the settings.
struct RetrieverServices: Sendable {
  /// One source, and how `check` looks at it.
  struct Source: Sendable {
    /// `weaviate`, `embedded` or `http`.
    let name: String
    let retriever: any ContextRetriever
    /// Searches it once; answers a line for the operator.
    let check: @Sendable () async throws -> String
  }

  let sources: [Source]
  /// All sources as one; nil where there are none: answers go without context.
  let retriever: (any ContextRetriever)?
  let services: [any Service]
  /// True while the circuit breaker of a retriever is open, or questions are looked up by words alone although embeddings are
  /// set.
  let isDegraded: @Sendable () -> Bool
  /// Nil where no documents are indexed here.
  let index: EmbeddedIndex?

  /// The first source as health tells it: `weaviate`, `embedded`, `http` or `none`.
  var source: String { sources.first?.name ?? "none" }

  /// - Parameter documents: indexed where the settings name no other source.
  /// - Throws: ``SettingsError``.
  init(_ settings: Settings, client: any HTTPClient, documents: DocumentSource? = nil, logger: Logger) throws {
    var sources: [Source] = []
    var services: [any Service] = []
    var breakers: [GuardedRetriever] = []
    func guarded(_ base: any ContextRetriever, _ name: String) -> GuardedRetriever {
      let retriever = GuardedRetriever(base, name: name, now: NIODeadline.now, logger: logger)
      breakers.append(retriever)
      return retriever
    }

    if let configuration = settings.weaviate.retriever(hasTenantClaim: settings.auth.tenantClaim != nil) {
      let weaviate = try SettingsError.naming("WEAVIATE_URL") { () throws(RetrievalError) in
        try WeaviateRetriever(configuration, client: client)
      }
      sources.append(Source(name: "weaviate", retriever: guarded(weaviate, "weaviate")) { try await weaviate.check() })
      services.append(RetrieverCheck(logger: logger) { try await weaviate.check() })
      if settings.rag.documents != nil { logger.warning("RAG_DOCUMENTS is not used: WEAVIATE_URL is set") }
    }
    index = try Self.index(settings, client: client, documents: documents, logger: logger)
    if index == nil, settings.rag.embeddingsURL != nil {
      logger.warning("RAG_EMBEDDINGS_URL is not used: it is for RAG_DOCUMENTS\(settings.weaviate.url == nil ? ", which is not set" : "")")
    }
    if let index {
      services.append(index)
      sources.append(Source(name: "embedded", retriever: index) { try await Self.check(index) })
    }
    if let url = settings.rag.httpURL {
      let base = try SettingsError.naming("RAG_HTTP_URL") { () throws(RetrievalError) in
        try HTTPRetriever(url: url.expose(), token: settings.rag.httpToken, client: client)
      }
      let check: @Sendable () async throws -> String = {
        let found = try await base.passages(for: .trial(timeout: .seconds(5)))
        return "\(url), \(found.count) passages for a trial question"
      }
      sources.append(Source(name: "http", retriever: guarded(base, "http"), check: check))
    }

    self.sources = sources
    self.services = services
    // What crosses a network is worth remembering; the index is as quick as a cache, and judges by itself what is relevant.
    let all: [any ContextRetriever] = sources.map { source in
      source.name == "embedded"
        ? source.retriever
        : CachedRetriever(
          RelevantRetriever(source.retriever, minScore: settings.rag.minScore),
          configuration: .init(sharing: source.name == "weaviate" ? .tenant : .asker), now: NIODeadline.now)
    }
    retriever = all.count > 1 ? MergedRetriever(all) : all.first
    let guards = breakers
    isDegraded = { [index] in guards.contains(where: \.isDegraded) || index?.isDegraded == true }
  }

  private static func index(
    _ settings: Settings, client: any HTTPClient, documents: DocumentSource?, logger: Logger
  ) throws -> EmbeddedIndex? {
    let rag = settings.rag
    // Documents are for where there is no Weaviate.
    guard settings.weaviate.url == nil else { return nil }
    let folder = rag.documents.map { DocumentSource.folder(URL(filePath: $0, directoryHint: .isDirectory)) }
    guard let source = folder ?? (rag.httpURL == nil ? documents : nil) else { return nil }
    let embeddings = try rag.embeddingsURL.map { url in
      try SettingsError.naming("RAG_EMBEDDINGS_URL") { () throws(RetrievalError) in
        try Embeddings(
          .init(
            url: url.expose(), model: rag.embeddingsModel ?? "", apiKey: rag.embeddingsKey, queryTimeout: rag.embeddingsTimeout,
            questionPrefix: spaced(rag.embeddingsQueryPrefix), passagePrefix: spaced(rag.embeddingsPassagePrefix)), client: client,
          now: NIODeadline.now, logger: logger)
      }
    }
    return try SettingsError.naming("RAG_INDEX_FILE") { () throws(RetrievalError) in
      try EmbeddedIndex(
        source, configuration: .init(minScore: rag.minScore, file: rag.indexFile, converters: rag.converters), embeddings: embeddings,
        logger: logger)
    }
  }

  /// A prefix and the space behind it, which a settings file loses.
  private static func spaced(_ prefix: String) -> String { prefix.isEmpty || prefix.hasSuffix(" ") ? prefix : prefix + " " }

  private static func check(_ index: EmbeddedIndex) async throws -> String {
    let held = try await index.refresh()
    try await index.checkEmbeddings()
    if let failure = held.embeddingFailure { throw Probe.Failure("embeddings: \(failure)") }
    guard held.documents > 0 else {
      throw Probe.Failure("RAG_DOCUMENTS holds no document: \(held.leftOut.first?.description ?? "no file of a known ending")")
    }
    // `run` goes on without them, and says so file by file.
    if let first = held.leftOut.first {
      throw Probe.Failure("\(held.leftOut.count) of RAG_DOCUMENTS left out, first \(first); mend the file, or RAG_CONVERTERS")
    }
    let vectors = held.vectorsWanted > 0 ? ", \(held.vectors) with a vector" : ""
    let repairs = held.repairs.first.map { "; \(held.repairs.count) repaired, first \($0)" } ?? ""
    return "\(held.documents) documents, \(held.passages) passages\(vectors)\(repairs)"
  }
}

extension Settings.Weaviate {
  /// Nil where there is no Weaviate.
  fileprivate func retriever(hasTenantClaim: Bool) -> WeaviateRetriever.Configuration? {
    guard let url, let collection else { return nil }
    let headers = headers.compactMap { Self.header($0.expose()).map { (name: $0.name, value: Secret($0.value)) } }
    return WeaviateRetriever.Configuration(
      url: url.expose(), apiKey: apiKey, collection: collection, textProperty: textProperty, properties: properties, alpha: alpha,
      tenant: tenant,
      hasTenantOfAsker: hasTenantClaim,
      targetVectors: targetVectors, headers: headers)
  }

  /// Name and value of `Name: value`, or of `Name=value` as OTLP's headers are written.
  static func header(_ text: String) -> (name: String, value: String)? {
    guard let sign = text.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return nil }
    return (String(text[..<sign].trimmed), String(text[text.index(after: sign)...].trimmed))
  }
}
