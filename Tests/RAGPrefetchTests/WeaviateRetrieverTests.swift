import Foundation
import HTTPTypes
import NIOCore
import Testing
import VoiceCore
import VoiceTesting

@testable import RAGPrefetch

struct WeaviateRetrieverTests {
  private func retriever(
    _ client: ScriptedHTTPClient, key: String? = "wv-key", properties: [String] = ["title", "source"], tenant: String? = nil,
    hasTenantOfAsker: Bool = false,
    targets: [String] = [], url: String = "https://weaviate.test:8443/base/", headers: [(name: String, value: Secret)] = []
  ) throws -> WeaviateRetriever {
    try WeaviateRetriever(
      .init(
        url: url, apiKey: key.map(Secret.init), collection: "docs", properties: properties, alpha: 0.25,
        tenant: tenant, hasTenantOfAsker: hasTenantOfAsker, targetVectors: targets, headers: headers), client: client)
  }
  private static let found = """
    {"data":{"Get":{"Docs":[
      {"content":"Opened items can be returned.","title":"Refunds","source":"kb/1","_additional":{"id":"u1","score":"0.0163"}},
      {"content":"","title":"Empty","_additional":{"id":"u2","score":"0.01"}},
      {"content":"Bikes by the hour.","title":null,"source":7,"_additional":{"id":"u3","score":0.5}}]}}}
    """

  private func query(in exchange: ScriptedHTTPClient.Exchange?) throws -> String {
    let json = try JSONDecoder().decode([String: String].self, from: Data((exchange?.body ?? "").utf8))
    return json["query"] ?? ""
  }

  @Test func `a question is one hybrid search, with the key, the limit and the deadline`() async throws {
    let client = ScriptedHTTPClient { _ in (200, Self.found) }
    let passages = try await retriever(client, tenant: "acme \"1\"").passages(
      for: RetrievalQuery(text: "what is the refund policy", limit: 2, timeout: .milliseconds(700)))
    #expect(
      passages == [
        Passage(text: "Opened items can be returned.", title: "Refunds", source: "kb/1", score: 0.0163),
        Passage(text: "Bikes by the hour.", title: nil, source: "7", score: 0.5),
      ])
    let exchange = client.exchanges.first
    #expect(exchange?.request.method == .post && exchange?.request.scheme == "https")
    #expect(exchange?.request.authority == "weaviate.test:8443" && exchange?.request.path == "/base/v1/graphql")
    #expect(exchange?.request.headerFields[.authorization] == "Bearer wv-key")
    #expect(exchange?.options.timeout == .milliseconds(700))
    #expect(
      try query(in: exchange)
        == #"{ Get { Docs(hybrid: {query: "what is the refund policy", alpha: 0.25}, limit: 2, tenant: "acme \"1\"") { content title source _additional { id score } } } }"#
    )
  }

  @Test(arguments: [
    ("he said \"hi\" \\ \n\t", #""he said \"hi\" \\ \n\t""#), ("\u{0}\u{1F}\u{7F}", #""\u0000\u001f\u007f""#),
    ("\"}) { id } } } #", #""\"}) { id } } } #""#), ("été 日本 🎈 \u{2028}", #""été 日本 🎈 \u2028""#), ("\"\"\"", #""\"\"\"""#),
  ]) func `whatever was said stays a string`(_ said: String, _ literal: String) { #expect(WeaviateSearch.literal(said) == literal) }

  @Test func `answers are asked for as they are, without compression`() async throws {
    let client = ScriptedHTTPClient { _ in (200, Self.found) }
    _ = try await retriever(client).passages(for: RetrievalQuery(text: "x"))
    #expect(client.exchanges.first?.request.headerFields[.acceptEncoding] == "identity")
  }

  @Test func `text that is no UTF-8 is an error, and a value of another type is none`() throws {
    func objects(_ content: [UInt8]) throws -> [WeaviateAnswer.Object]? {
      let json = Data(#"{"data":{"Get":{"Docs":[{"tags":["a","b"],"size":7,"place":{"x":1},"none":null,"content":""#.utf8) + content
      return try JSONDecoder().decode(WeaviateAnswer.self, from: json + Data(#""}]}}}"#.utf8)).data?.get?["Docs"] ?? nil
    }
    #expect(try objects(Array("café".utf8))?.first?.values == ["tags": "a, b", "size": "7", "content": "café"])
    #expect(throws: (any Error).self) { try objects([0x63, 0x61, 0x66, 0xE9, 0x20, 0x78]) }
  }

  @Test func `a transcript of 4,000 characters goes out whole`() async throws {
    let client = ScriptedHTTPClient { _ in (200, Self.found) }
    let long = String(repeating: "refund \"policy\" \\ ", count: 240)
    _ = try await retriever(client).passages(for: RetrievalQuery(text: long))
    #expect(try query(in: client.exchanges.first).contains(WeaviateSearch.literal(long)))
  }

  @Test(arguments: [
    (200, #"{"errors":[{"message":"secret question"}],"data":null}"#, "refused"), (200, "not json", "bad_answer"),
    (200, "{}", "bad_answer"),
    (200, #"{"data":{"Get":{"Docs":null}}}"#, "bad_answer"), (401, "", "refused"), (500, "oops", "refused"), (302, "", "refused"),
  ]) func `what is no answer is an error that does not tell the question`(_ status: Int, _ body: String, _ code: String) async throws {
    let client = ScriptedHTTPClient { _ in (status, body) }
    let error = await #expect(throws: RetrievalError.self) {
      try await retriever(client).passages(for: RetrievalQuery(text: "secret question"))
    }
    #expect(error?.code.description == code)
    #expect(error?.description.contains("secret") == false && error?.description.contains("wv-key") == false)
  }

  @Test(arguments: [
    (HTTPClientError.Code.timeout, "timeout"), (.unreachable, "unreachable"), (.tls, "unreachable"), (.cancelled, "cancelled"),
    (.tooLarge, "bad_answer"),
  ]) func `a transport that fails is told apart`(_ code: HTTPClientError.Code, _ expected: String) async throws {
    let client = ScriptedHTTPClient { _ in throw HTTPClientError(code, "…") }
    let error = await #expect(throws: RetrievalError.self) { try await retriever(client).passages(for: RetrievalQuery(text: "x")) }
    #expect(error?.code.description == expected)
  }

  @Test(arguments: ["", "a-b", "Docs{", "1a", "a b", "é"]) func `a name that GraphQL does not take is refused at the start`(_ name: String)
  {
    let client = ScriptedHTTPClient { _ in (200, "") }
    #expect(throws: RetrievalError.self) { try WeaviateRetriever(.init(url: "http://h", collection: name), client: client) }
    #expect(throws: RetrievalError.self) {
      try WeaviateRetriever(.init(url: "http://h", collection: "Docs", properties: [name]), client: client)
    }
  }

  @Test(arguments: ["", "weaviate.test", "ftp://h", "http://", "http://user:pass@h"]) func `a URL that is none is refused at the start`(
    _ url: String
  ) {
    let client = ScriptedHTTPClient { _ in (200, "") }
    #expect(throws: RetrievalError.self) { try WeaviateRetriever(.init(url: url, collection: "Docs"), client: client) }
  }

  @Test(
    arguments: [
      (200, #"{"properties":[{"name":"content"},{"name":"title"},{"name":"source"}]}"#, nil, "3 properties"),
      (200, #"{"properties":[{"name":"content"}]}"#, nil, "has no property title, source"),
      (404, "", nil, "has no collection Docs"), (401, "", nil, "refused the key"),
      (200, #"{"properties":[{"name":"content"},{"name":"title"},{"name":"source"}]}"#, "acme", "has no tenants"),
      (
        200, #"{"properties":[{"name":"content"},{"name":"title"},{"name":"source"}],"multiTenancyConfig":{"enabled":true}}"#, nil,
        "has tenants"
      ),
    ] as [(Int, String, String?, String)]) func `the check says in one line what is wrong`(
      _ status: Int, _ schema: String, _ tenant: String?, _ expected: String
    ) async throws
  {
    let client = ScriptedHTTPClient { exchange in exchange.request.method == .get ? (status, schema) : (200, Self.found) }
    let retriever = try retriever(client, tenant: tenant)
    let line: String
    do { line = try await retriever.check() } catch { line = "\(error)" }
    #expect(line.contains(expected) && !line.contains("\n"))
    #expect(client.exchanges.first?.request.path == "/base/v1/schema/Docs")
  }

  @Test func `warming up opens a connection and tells nobody of a failure`() async throws {
    let client = ScriptedHTTPClient { _ in throw HTTPClientError(.unreachable, "…") }
    await (try retriever(client)).warmUp()
    #expect(client.exchanges.first?.request.path == "/base/v1/.well-known/ready")
  }

  @Test func `the check searches, and says why the server refuses`() async throws {
    let client = ScriptedHTTPClient { exchange in
      guard exchange.request.method == .post else {
        return (200, #"{"properties":[{"name":"content"},{"name":"title"},{"name":"source"}]}"#)
      }
      return (200, #"{"data":{"Get":{"Docs":null}},"errors":[{"message":"no target vectors were provided\nfor wv-key"}]}"#)
    }
    let error = await #expect(throws: RetrievalError.self) { try await retriever(client).check() }
    #expect(error?.message == "Weaviate at weaviate.test:8443 refused the search in Docs: no target vectors were provided for ***")
  }

  @Test func `named vectors are part of the search, headers of each request`() async throws {
    let client = ScriptedHTTPClient { _ in (200, Self.found) }
    _ = try await retriever(client, targets: ["title_v", "text_v"], headers: [("X-OpenAI-Api-Key", Secret("sk"))]).passages(
      for: RetrievalQuery(text: "x", limit: 1))
    #expect(try query(in: client.exchanges.first).contains(#"alpha: 0.25, targetVectors: ["title_v", "text_v"]}"#))
    #expect(client.exchanges.first?.request.headerFields[HTTPField.Name("X-OpenAI-Api-Key")!] == "sk")
  }

  @Test(arguments: ["https://abc.c0.europe.gcp.weaviate.cloud", "https://x.weaviate.network"])
  func `Weaviate Cloud gets the two headers that its embeddings need`(_ url: String) async throws {
    let client = ScriptedHTTPClient { _ in (200, Self.found) }
    _ = try await retriever(client, url: url).passages(for: RetrievalQuery(text: "x"))
    let fields = client.exchanges.first?.request.headerFields
    #expect(fields?[HTTPField.Name("X-Weaviate-Api-Key")!] == "wv-key")
    #expect(fields?[HTTPField.Name("X-Weaviate-Cluster-Url")!] == url)
  }

  @Test func `a caller searches the tenant that its token names, and no other`() async throws {
    let client = ScriptedHTTPClient { _ in (200, Self.found) }
    let retriever = try retriever(client, hasTenantOfAsker: true)
    _ = try await retriever.passages(for: RetrievalQuery(text: "x", asker: RetrievalAsker(tenant: "acme")))
    #expect(try query(in: client.exchanges.first).contains(#"tenant: "acme""#))
    let error = await #expect(throws: RetrievalError.self) { try await retriever.passages(for: RetrievalQuery(text: "x")) }
    #expect(error?.code == .notAllowed && client.exchanges.count == 1)
  }

  @Test func `a tenant that is not there is the caller's own trouble`() async throws {
    let client = ScriptedHTTPClient { _ in (200, #"{"errors":[{"message":"tenant not found: \"acme\""}],"data":null}"#) }
    let error = await #expect(throws: RetrievalError.self) {
      try await retriever(client, hasTenantOfAsker: true).passages(
        for: RetrievalQuery(text: "x", asker: RetrievalAsker(tenant: "acme")))
    }
    #expect(error?.code == .notAllowed && error?.message.contains("acme") == false)
  }

  @Test func `scores by rank are stretched to the scale of the others`() {
    let passages = WeaviateRetriever.onOneScale([Passage(text: "a", score: 2.0 / 61), Passage(text: "b", score: 1.0 / 61)])
    #expect(passages.map(\.score) == [1, 0.5])
  }
}
