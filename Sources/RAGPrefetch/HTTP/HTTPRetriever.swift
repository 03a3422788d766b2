import Foundation
import HTTPTypes
import NIOCore
public import VoiceCore

/// Any HTTP endpoint: gets the question and who asks it by POST, and answers `{"passages":[{"text","title","section","source","score"}]}`.
///
/// The body is `{"query","limit","user_id","plan","tenant","session_id","language","previous"}`. All but the first two are missing where they
/// are not known: `user_id` is a pseudonym, `language` an ISO 639-1 code, `previous` the question before. All members of a passage but `text`
/// may be missing; others are ignored.
public struct HTTPRetriever: ContextRetriever {
  private struct Request: Encodable {
    let query: String
    let limit: Int
    let user: String?
    let plan: String?
    let tenant: String?
    let session: String?
    let language: String?
    let previous: String?

    init(_ query: RetrievalQuery) {
      self.query = query.text
      limit = query.limit
      user = query.asker?.user
      plan = query.asker?.plan
      tenant = query.asker?.tenant
      session = query.asker?.session
      language = query.language
      previous = query.previous
    }

    enum CodingKeys: String, CodingKey {
      case query, limit, plan, tenant, language, previous
      case user = "user_id"
      case session = "session_id"
    }
  }
  private struct Answer: Decodable {
    struct Item: Decodable {
      let text: String
      let title: String?
      let section: String?
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
    let answer: Answer = try await endpoint.ask(
      .post, "", body: JSONEncoder().encode(Request(query)), hiding: [query.text], timeout: query.timeout)
    return answer.passages.prefix(query.limit).map {
      Passage(text: $0.text, title: $0.title, section: $0.section, source: $0.source, score: $0.score ?? 0)
    }
  }
}
