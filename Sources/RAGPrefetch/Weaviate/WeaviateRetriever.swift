import Foundation
import HTTPTypes
public import VoiceCore

/// Weaviate's hybrid search, by GraphQL over HTTP.
public struct WeaviateRetriever: ContextRetriever {
  /// Server, collection and query of Weaviate.
  public struct Configuration: Sendable {
    /// URL of the server.
    public var url: String
    /// Key that is sent as a bearer token.
    public var apiKey: Secret?
    /// Name of the collection.
    public var collection: String
    /// The property that is the passage.
    public var textProperty: String
    /// Further properties: `title` and `source` are a passage's own, the first others stand in where these are missing.
    public var properties: [String]
    /// 0 is keywords alone, 1 vectors alone.
    public var alpha: Double
    /// Tenant of a collection that has several.
    public var tenant: String?
    /// True: the tenant is the asker's, and ``tenant`` that of an asker without one.
    public var hasTenantOfAsker: Bool
    /// Vectors of a collection with several; empty: its only one.
    public var targetVectors: [String]
    /// Sent with each request, as vectorizers need them: `X-OpenAI-Api-Key` and the like.
    public var headers: [(name: String, value: Secret)]

    /// Creates a configuration.
    public init(
      url: String, apiKey: Secret? = nil, collection: String, textProperty: String = "content", properties: [String] = ["title", "source"],
      alpha: Double = 0.5, tenant: String? = nil, hasTenantOfAsker: Bool = false, targetVectors: [String] = [],
      headers: [(name: String, value: Secret)] = []
    ) {
      self.url = url
      self.apiKey = apiKey
      self.collection = collection
      self.textProperty = textProperty
      self.properties = properties
      self.alpha = alpha
      self.tenant = tenant
      self.hasTenantOfAsker = hasTenantOfAsker
      self.targetVectors = targetVectors
      self.headers = headers
    }
  }

  private let configuration: Configuration
  private let search: WeaviateSearch
  private let endpoint: RetrieverEndpoint

  /// - Throws: `RetrievalError` where the URL is none, or a name is not one that GraphQL takes.
  public init(_ configuration: Configuration, client: any HTTPClient) throws(RetrievalError) {
    self.configuration = configuration
    search = try WeaviateSearch(configuration)
    endpoint = try RetrieverEndpoint(
      url: configuration.url, token: configuration.apiKey, headers: Self.headers(configuration), client: client)
  }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] {
    guard configuration.hasTenantOfAsker else { return try await passages(for: query, tenant: configuration.tenant) }
    guard let tenant = query.asker?.tenant ?? configuration.tenant else {
      throw RetrievalError(.notAllowed, "the token names no tenant of \(search.collection)")
    }
    do { return try await passages(for: query, tenant: tenant) } catch let error as RetrievalError where error.code == .refused {
      // A tenant that is not there, or asleep, is one caller's: others are answered.
      guard error.message.lowercased().contains("tenant") else { throw error }
      throw RetrievalError(.notAllowed, error.message.replacing(tenant, with: "…"))
    }
  }

  private func passages(for query: RetrievalQuery, tenant: String?) async throws -> [Passage] {
    let body = try JSONEncoder().encode(["query": search.text(for: query, tenant: tenant)])
    let answer: WeaviateAnswer = try await endpoint.ask(
      .post, "/v1/graphql", body: body, hiding: [query.text], timeout: query.timeout)
    if let errors = answer.errors, !errors.isEmpty {
      let reasons = errors.compactMap { $0.message.map { endpoint.shown($0, hiding: [query.text]) } }.filter { !$0.isEmpty }
      let reason = reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")
      throw RetrievalError(.refused, "Weaviate at \(endpoint.authority) refused the search in \(search.collection)" + reason)
    }
    guard let objects = answer.data?.get?[search.collection] ?? nil else {
      throw RetrievalError(.badAnswer, "the answer of \(endpoint.authority) has no \(search.collection)")
    }
    return Self.onOneScale(objects.compactMap(passage).prefix(query.limit).map(\.self))
  }

  /// Scores of fusion by rank, which are at most twice 1/61, stretched to 0 to 1; relative scores are so by themselves.
  static func onOneScale(_ passages: [Passage]) -> [Passage] {
    let best = 2.0 / 61
    guard let most = passages.map(\.score).max(), most > 0, most <= best else { return passages }
    return passages.map { passage in
      var passage = passage
      passage.score /= best
      return passage
    }
  }

  /// Opens a connection that the first query finds ready.
  public func warmUp() async { _ = try? await endpoint.send(.get, "/v1/.well-known/ready", timeout: .seconds(2)) }

  /// Headers that Weaviate Cloud's own embeddings need beside the key; a name that is set stands for itself.
  static func headers(_ configuration: Configuration) -> [(name: String, value: Secret)] {
    var headers = configuration.headers
    func has(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name.lowercased() } }
    let host = URLComponents(string: configuration.url)?.host?.lowercased() ?? ""
    guard [".weaviate.cloud", ".weaviate.network"].contains(where: host.hasSuffix) else { return headers }
    if let key = configuration.apiKey, !has("X-Weaviate-Api-Key") { headers.append(("X-Weaviate-Api-Key", key)) }
    if !has("X-Weaviate-Cluster-Url") { headers.append(("X-Weaviate-Cluster-Url", Secret("https://" + host))) }
    return headers
  }

  /// Looks whether the collection is there, with its properties, and tenants where one is named, then searches it. Answers one line for
  /// the operator.
  public func check(timeout: Duration = .seconds(5)) async throws -> String {
    let answer = try await endpoint.send(.get, "/v1/schema/\(search.collection)", timeout: timeout)
    if answer.head.status.code == 404 {
      throw RetrievalError(.refused, "Weaviate at \(endpoint.authority) has no collection \(search.collection)")
    }
    let schema: WeaviateSchema = try await endpoint.ask(.get, "/v1/schema/\(search.collection)", timeout: timeout)
    let names = Set((schema.properties ?? []).map(\.name))
    let missing = search.properties.filter { !names.contains($0) }
    guard missing.isEmpty else {
      throw RetrievalError(.refused, "collection \(search.collection) has no property \(missing.joined(separator: ", "))")
    }
    guard schema.hasTenants == (configuration.tenant != nil || configuration.hasTenantOfAsker) else {
      throw RetrievalError(
        .refused, "collection \(search.collection) \(schema.hasTenants ? "has tenants: name one" : "has no tenants, but one is named")")
    }
    if schema.hasTenants, configuration.tenant == nil {
      return "Weaviate at \(endpoint.authority), collection \(search.collection), \(names.count) properties, a tenant for each caller"
    }
    let found = try await passages(for: .trial(timeout: timeout), tenant: configuration.tenant)
    return "Weaviate at \(endpoint.authority), collection \(search.collection), \(names.count) properties, "
      + "\(found.count) passages for a trial question"
  }

  private func passage(_ object: WeaviateAnswer.Object) -> Passage? {
    guard let text = object.values[configuration.textProperty], !text.isEmpty else { return nil }
    let others = configuration.properties.filter { $0 != configuration.textProperty }
    func value(_ name: String, orAt index: Int) -> String? {
      object.values[name] ?? (others.contains(name) || index >= others.count ? nil : object.values[others[index]])
    }
    return Passage(
      text: text, title: value("title", orAt: 0), source: value("source", orAt: others.contains("title") ? 0 : 1) ?? object.id,
      score: object.score ?? 0)
  }
}
