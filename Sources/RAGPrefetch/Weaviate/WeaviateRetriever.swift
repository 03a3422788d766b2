import Foundation
import HTTPTypes
public import VoiceCore

/// Weaviate's hybrid search, by GraphQL over HTTP.
public struct WeaviateRetriever: ContextRetriever {
  public struct Configuration: Sendable {
    public var url: String
    public var apiKey: Secret?
    public var collection: String
    /// The property that is the passage.
    public var textProperty: String
    /// Further properties: `title` and `source` are a passage's own, the first others stand in where these are missing.
    public var properties: [String]
    /// 0 is keywords alone, 1 vectors alone.
    public var alpha: Double
    public var tenant: String?

    public init(
      url: String, apiKey: Secret? = nil, collection: String, textProperty: String = "content", properties: [String] = ["title", "source"],
      alpha: Double = 0.5, tenant: String? = nil
    ) {
      self.url = url
      self.apiKey = apiKey
      self.collection = collection
      self.textProperty = textProperty
      self.properties = properties
      self.alpha = alpha
      self.tenant = tenant
    }
  }

  private let configuration: Configuration
  private let search: WeaviateSearch
  private let endpoint: RetrieverEndpoint

  /// - Throws: ``RetrievalError`` where the URL is none, or a name is not one that GraphQL takes.
  public init(_ configuration: Configuration, client: any HTTPClient) throws(RetrievalError) {
    self.configuration = configuration
    search = try WeaviateSearch(configuration)
    endpoint = try RetrieverEndpoint(url: configuration.url, token: configuration.apiKey, client: client)
  }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] {
    let body = try JSONEncoder().encode(["query": search.text(for: query)])
    let answer: WeaviateAnswer = try await endpoint.ask(.post, "/v1/graphql", body: body, timeout: query.timeout)
    if answer.errors?.isEmpty == false {
      throw RetrievalError(.refused, "Weaviate at \(endpoint.authority) refused the search in \(search.collection)")
    }
    guard let objects = answer.data?.get?[search.collection] ?? nil else {
      throw RetrievalError(.badAnswer, "the answer of \(endpoint.authority) has no \(search.collection)")
    }
    return objects.compactMap(passage).prefix(query.limit).map(\.self)
  }

  /// Opens a connection that the first query finds ready.
  public func warmUp() async { _ = try? await endpoint.send(.get, "/v1/.well-known/ready", timeout: .seconds(2)) }

  /// Looks whether the collection is there, with its properties, and tenants where one is named. Answers one line for the operator.
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
    guard schema.hasTenants == (configuration.tenant != nil) else {
      throw RetrievalError(
        .refused, "collection \(search.collection) \(schema.hasTenants ? "has tenants: name one" : "has no tenants, but one is named")")
    }
    return "Weaviate at \(endpoint.authority), collection \(search.collection), \(names.count) properties"
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
