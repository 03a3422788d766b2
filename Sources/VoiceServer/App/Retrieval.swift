import DocumentIndex
import Foundation
import Logging
import NIOCore
import RAGPrefetch
import ServiceLifecycle
import VoiceCore

/// Where context comes from, by the settings.
struct Retrieval: Sendable {
  /// As health tells it: `weaviate`, `embedded`, `http` or `none`.
  let source: String
  /// Nil: answers go without context.
  let retriever: (any ContextRetriever)?
  let services: [any Service]
  /// True while a retriever is left alone because it failed too often.
  let isDegraded: @Sendable () -> Bool
  /// Looks at what is configured, in a line each.
  let checks: [@Sendable () async throws -> String]
  /// Nil where no documents are indexed here.
  let index: EmbeddedIndex?

  /// - Parameter documents: indexed where the settings name no other source.
  /// - Throws: ``SettingsError``.
  init(_ settings: Settings, client: any HTTPClient, documents: DocumentSource? = nil, logger: Logger) throws {
    var guarded: [(name: String, retriever: GuardedRetriever)] = []
    var services: [any Service] = []
    var checks: [@Sendable () async throws -> String] = []
    func keep(_ base: any ContextRetriever, as name: String) {
      guarded.append((name, GuardedRetriever(base, name: name, now: NIODeadline.now, logger: logger)))
    }

    if let configuration = settings.weaviate.retriever {
      let weaviate = try Self.judged("WEAVIATE_URL") { () throws(RetrievalError) in try WeaviateRetriever(configuration, client: client) }
      keep(weaviate, as: "weaviate")
      checks.append { try await weaviate.check() }
      services.append(RetrieverCheck(logger: logger) { try await weaviate.check() })
    }
    if let url = settings.rag.httpURL {
      keep(
        try Self.judged("RAG_HTTP_URL") { () throws(RetrievalError) in
          try HTTPRetriever(url: url, token: settings.rag.httpToken, client: client)
        }, as: "http")
    }
    let folder = settings.rag.documents.map { DocumentSource.folder(URL(filePath: $0, directoryHint: .isDirectory)) }
    // Documents are for where there is no Weaviate.
    let source = settings.weaviate.url == nil ? folder ?? (guarded.isEmpty ? documents : nil) : nil
    index = try source.map { source in
      try Self.judged("RAG_DOCUMENTS") { () throws(RetrievalError) in try EmbeddedIndex(source, logger: logger) }
    }
    if let index { services.append(index) }

    // What crosses a network is worth remembering; the index is as quick as a cache.
    var all: [any ContextRetriever] = guarded.map { CachedRetriever($0.retriever, now: NIODeadline.now) }
    if let index { all.append(index) }
    retriever = all.count > 1 ? MergedRetriever(all) : all.first
    self.source = guarded.contains { $0.name == "weaviate" } ? "weaviate" : index != nil ? "embedded" : guarded.first?.name ?? "none"
    self.services = services
    self.checks = checks
    let breakers = guarded.map(\.retriever)
    isDegraded = { breakers.contains(where: \.isDegraded) }
  }

  private static func judged<Value>(_ name: String, _ body: () throws(RetrievalError) -> Value) throws -> Value {
    do { return try body() } catch { throw SettingsError(["\(name): cannot be used; \(error.message)"]) }
  }
}

extension Settings.Weaviate {
  /// Nil where there is no Weaviate.
  fileprivate var retriever: WeaviateRetriever.Configuration? {
    guard let url, let collection else { return nil }
    return WeaviateRetriever.Configuration(
      url: url, apiKey: apiKey, collection: collection, textProperty: textProperty, properties: properties, alpha: alpha, tenant: tenant)
  }
}
