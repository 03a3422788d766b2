import Foundation
import HTTPTypes
import NIOCore
import VoiceCore

/// A server that answers JSON, and how its failures are told: by code and host, never by what was asked.
struct RetrieverEndpoint: Sendable {
  let scheme: String
  /// With its port, as in a URL.
  let authority: String
  let path: String
  private let token: Secret?
  private let client: any HTTPClient
  private static let maxAnswerBytes = 4 << 20

  init(url: String, token: Secret?, client: any HTTPClient) throws(RetrievalError) {
    guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = parts.percentEncodedHost, !host.isEmpty, parts.user == nil, parts.fragment == nil
    else { throw RetrievalError(.refused, "the retriever's URL is no http or https URL") }
    self.scheme = scheme
    authority = host + (parts.port.map { ":\($0)" } ?? "")
    path = parts.percentEncodedPath + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    self.token = token
    self.client = client
  }

  /// Sends `body` as JSON to the path below this URL, and reads the answer.
  func ask<Answer: Decodable>(_ method: HTTPRequest.Method, _ subpath: String, body: Data? = nil, timeout: Duration) async throws -> Answer
  {
    let answer = try await send(method, subpath, body: body, timeout: timeout)
    switch answer.head.status.code {
    case 200..<300: break
    case 401, 403: throw RetrievalError(.refused, "\(authority) refused the key (HTTP \(answer.head.status.code))")
    default: throw RetrievalError(.refused, "\(authority) answered HTTP \(answer.head.status.code)")
    }
    do { return try JSONDecoder().decode(Answer.self, from: Data(answer.body.readableBytesView)) } catch {
      throw RetrievalError(.badAnswer, "the answer of \(authority) could not be read")
    }
  }

  /// Any answer, whatever its status.
  func send(_ method: HTTPRequest.Method, _ subpath: String, body: Data? = nil, timeout: Duration) async throws -> HTTPClientResponse {
    var base = path
    if !subpath.isEmpty, base.hasSuffix("/") { base.removeLast() }
    let whole = base + subpath
    var request = HTTPRequest(method: method, scheme: scheme, authority: authority, path: whole.isEmpty ? "/" : whole)
    request.headerFields[.accept] = "application/json"
    if body != nil { request.headerFields[.contentType] = "application/json" }
    if let token { request.headerFields[.authorization] = "Bearer \(token.expose())" }
    if let trace = TraceContext.current { request.headerFields.append(contentsOf: trace.headerFields) }
    do {
      return try await client.execute(
        request, body: body.map { ByteBuffer(bytes: $0) },
        options: HTTPClientOptions(timeout: timeout, maxResponseBytes: Self.maxAnswerBytes))
    } catch let error as HTTPClientError {
      switch error.code {
      case .timeout: throw RetrievalError(.timeout, "\(authority) did not answer within \(timeout)")
      case .cancelled: throw RetrievalError(.cancelled, "not needed any more")
      case .tooLarge, .protocolError: throw RetrievalError(.badAnswer, "the answer of \(authority) could not be read (\(error.code))")
      default: throw RetrievalError(.unreachable, "\(authority) cannot be reached (\(error.code))")
      }
    }
  }
}
