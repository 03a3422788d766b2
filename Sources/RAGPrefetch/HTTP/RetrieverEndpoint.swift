package import Foundation
package import HTTPTypes
import NIOCore
package import VoiceCore

/// A server that answers JSON, and how its failures are told: by code and host, never by what was asked.
package struct RetrieverEndpoint: Sendable {
  package let scheme: String
  /// Host and port, as in a URL.
  package let authority: String
  package let path: String
  private let token: Secret?
  /// Further headers of every request.
  private let headers: [(name: HTTPField.Name, value: Secret)]
  private let mask: SecretMask
  private let client: any HTTPClient
  private static let maxAnswerBytes = 4 << 20

  package init(url: String, token: Secret?, headers: [(name: String, value: Secret)] = [], client: any HTTPClient) throws(RetrievalError) {
    guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = parts.percentEncodedHost, !host.isEmpty, parts.user == nil, parts.fragment == nil
    else { throw RetrievalError(.refused, "the retriever's URL is no http or https URL") }
    self.scheme = scheme
    authority = host + (parts.port.map { ":\($0)" } ?? "")
    path = parts.percentEncodedPath + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    self.token = token
    self.headers = try headers.map { header throws(RetrievalError) in
      guard let name = HTTPField.Name(header.name) else { throw RetrievalError(.refused, "a header has a name that is none") }
      return (name, header.value)
    }
    mask = SecretMask([token].compactMap(\.self) + self.headers.map(\.value), minBytes: 4)
    self.client = client
  }

  /// Sends `body` as JSON to the path below this URL, and reads the answer.
  ///
  /// - Parameter hiding: what was asked, which the server may quote in its refusal.
  package func ask<Answer: Decodable>(
    _ method: HTTPRequest.Method, _ subpath: String, body: Data? = nil, hiding: [String] = [], timeout: Duration
  ) async throws -> Answer {
    let answer = try await send(method, subpath, body: body, timeout: timeout)
    switch answer.head.status.code {
    case 200..<300: break
    case 401, 403:
      throw RetrievalError(.refused, "\(authority) refused the key (HTTP \(answer.head.status.code))" + reason(in: answer, hiding))
    default: throw RetrievalError(.refused, "\(authority) answered HTTP \(answer.head.status.code)" + reason(in: answer, hiding))
    }
    do { return try JSONDecoder().decode(Answer.self, from: Data(answer.body.readableBytesView)) } catch {
      throw RetrievalError(.badAnswer, "the answer of \(authority) could not be read")
    }
  }

  /// The server's own words, after a colon.
  private func reason(in answer: HTTPClientResponse, _ hidden: [String]) -> String {
    ServerReason.text(Data(answer.body.readableBytesView)).map { ": " + shown($0, hiding: hidden) } ?? ""
  }

  /// A server's words on one line of a bounded length, without the keys and the texts that it may have quoted. These go first: half of one
  /// is found no more.
  package func shown(_ text: String, hiding hidden: [String]) -> String {
    let masked = hidden.filter { $0.utf8.count > 2 }.reduce(mask.masked(text)) { $0.replacing($1, with: "…") }
    return ServerReason.line(masked)
  }

  /// Any answer, whatever its status.
  package func send(_ method: HTTPRequest.Method, _ subpath: String, body: Data? = nil, timeout: Duration) async throws
    -> HTTPClientResponse
  {
    var base = path
    if !subpath.isEmpty, base.hasSuffix("/") { base.removeLast() }
    let whole = base + subpath
    var request = HTTPRequest(method: method, scheme: scheme, authority: authority, path: whole.isEmpty ? "/" : whole)
    request.headerFields[.accept] = "application/json"
    // Answers are read as they come.
    request.headerFields[.acceptEncoding] = "identity"
    if body != nil { request.headerFields[.contentType] = "application/json" }
    if let token { request.headerFields[.authorization] = "Bearer \(token.expose())" }
    for (name, value) in headers { request.headerFields[name] = value.expose() }
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
