import Foundation
import HTTPTypes
import NIOCore
public import VoiceCore

/// Any HTTP endpoint: gets `{"query","limit"}` by POST and answers `{"passages":[{"text","title","source","score"}]}`.
///
/// All members of a passage but `text` may be missing; others are ignored.
public struct HTTPRetriever: ContextRetriever {
  private struct Request: Encodable {
    let query: String
    let limit: Int
  }
  private struct Answer: Decodable {
    struct Item: Decodable {
      let text: String
      let title: String?
      let source: String?
      let score: Double?
    }
    let passages: [Item]
  }

  private let endpoint: RetrieverEndpoint

  /// - Parameter token: sent as a bearer token.
  /// - Parameter url: address of the endpoint.
  /// - Parameter client: client to send through.
  /// - Throws: `RetrievalError` where the URL is no http or https URL.
  public init(url: String, token: Secret? = nil, client: any HTTPClient) throws(RetrievalError) {
    endpoint = try RetrieverEndpoint(url: url, token: token, client: client)
  }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] {
    let body = try JSONEncoder().encode(Request(query: query.text, limit: query.limit))
    let answer: Answer = try await endpoint.ask(.post, "", body: body, timeout: query.timeout)
    return answer.passages.prefix(query.limit).map {
      Passage(text: $0.text, title: $0.title, source: $0.source, score: $0.score ?? 0)
    }
  }
}
