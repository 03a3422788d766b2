import Foundation
import HTTPTypes
import NIOCore
import VoiceCore
import VoiceGateway
import VoiceHTTP

/// Asks the admin routes of a running gateway.
struct AdminClient: Sendable {
  private let base: AdminURL
  private let token: Secret?
  private let http: any HTTPClient
  private let source: String

  init(base: AdminURL, source: String, token: Secret?, authorities: String?) throws {
    self.init(base: base, source: source, token: token, http: try CurlHTTPClient(.init(certificateAuthorities: authorities)))
  }

  /// - Parameter source: name of what was set to `base`, for errors: `--url` or `VOICE_URL`.
  init(base: AdminURL, source: String = "--url", token: Secret?, http: any HTTPClient) {
    self.base = base
    self.source = source
    self.token = token
    self.http = http
  }

  func get<Answer: Decodable>(_ type: Answer.Type, _ route: String) async throws -> Answer {
    let body = try await send(.get, route).body
    do { return try JSONDecoder().decode(type, from: Data(body.readableBytesView)) } catch {
      throw AdminError("\(base.authority) answered something that is no gateway's; look at \(source)")
    }
  }

  func delete(_ route: String) async throws { _ = try await send(.delete, route) }

  private func send(_ method: HTTPRequest.Method, _ route: String) async throws -> HTTPClientResponse {
    var request = HTTPRequest(method: method, scheme: base.scheme, authority: base.authority, path: base.path(route))
    request.headerFields[.accept] = "application/json"
    if let token { request.headerFields[.authorization] = "Bearer \(token.expose())" }
    let response: HTTPClientResponse
    do { response = try await http.execute(request, body: nil, options: HTTPClientOptions(timeout: .seconds(10))) } catch {
      let fault = await ServerFault.words(for: error, scheme: base.scheme, authority: base.authority, source: source, client: http)
      throw AdminError("\(base.authority) cannot be reached: \(fault)")
    }
    guard (200..<300).contains(response.head.status.code) else { throw refusal(response) }
    return response
  }

  private func refusal(_ response: HTTPClientResponse) -> AdminError {
    struct Body: Decodable { var error: RouteError.Detail }
    let detail = try? JSONDecoder().decode(Body.self, from: Data(response.body.readableBytesView)).error
    switch response.head.status.code {
    case 401:
      return AdminError(
        token == nil
          ? "the gateway wants its admin token: set VOICE_ADMIN_TOKEN, or name a file with --admin-token-file"
          : "the gateway does not accept this admin token; it has to be the VOICE_ADMIN_TOKEN that the gateway runs with")
    case 404 where detail?.code != "session_not_found":
      return AdminError(
        "\(base.authority) answered 404, not found, below \(base.path("/v1")); \(source) is the gateway's address, without a path")
    case let status: return AdminError("the gateway answered \(status): \(detail?.message ?? "no reason given")", status: status)
    }
  }
}

/// The failure of an admin command, as one line for the operator.
struct AdminError: Error, Equatable, CustomStringConvertible {
  let description: String
  /// Status that the gateway answered with; nil: no answer, or one that is the same for whatever is asked.
  let status: Int?

  init(_ description: String, status: Int? = nil) {
    self.description = description
    self.status = status
  }

  /// `body`, with its ``AdminError`` told on the terminal.
  static func told<Value>(_ body: () async throws -> Value) async throws -> Value {
    do { return try await body() } catch let error as AdminError { throw Failure.line(error.description) }
  }
}
