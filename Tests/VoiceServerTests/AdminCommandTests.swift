import ArgumentParser
import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing
import VoiceCore
import VoiceGateway

@testable import VoiceServer

struct AdminCommandTests {
  private final class Gateway: HTTPClient {
    let asked = NIOLockedValueBox<[HTTPRequest]>([])
    let answer: (status: Int, body: String)
    let missing: String?
    init(_ status: Int, _ body: String = "") { (answer, missing) = ((status, body), nil) }

    /// Has every session but this one.
    init(missing: String) {
      answer = (204, "")
      self.missing = missing
    }

    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      asked.withLockedValue { $0.append(request) }
      if let missing, request.path?.hasSuffix("/" + missing) == true {
        let body = #"{"error":{"type":"invalid_request_error","code":"session_not_found","message":"Session not found"}}"#
        return HTTPClientResponse(head: HTTPResponse(status: .notFound), body: ByteBuffer(string: body))
      }
      return HTTPClientResponse(head: HTTPResponse(status: .init(code: answer.status)), body: ByteBuffer(string: answer.body))
    }
  }

  private func client(_ gateway: Gateway, token: String? = "t", url: String = "https://h:8443/api") throws -> AdminClient {
    AdminClient(base: try #require(AdminURL(url)), token: token.map { Secret($0) }, http: gateway)
  }

  @Test(arguments: [
    ("http://127.0.0.1:8080", "http", "127.0.0.1:8080", ""), ("https://h/api/", "https", "h", "/api"), ("HTTPS://h/v1", "https", "h", ""),
    ("http://[::1]:8080", "http", "[::1]:8080", ""),
  ])
  func `an address has a scheme, a host and perhaps a path in front`(text: String, scheme: String, authority: String, prefix: String) throws
  {
    let url = try #require(AdminURL(text))
    #expect(url.scheme == scheme && url.authority == authority && url.prefix == prefix)
  }

  @Test(arguments: ["", "h:8080", "ftp://h", "http://", "http://user:pass@h"]) func `anything else is none`(text: String) {
    #expect(AdminURL(text) == nil)
  }

  @Test func `the token goes into a header, and a user's name into the query as it has to`() async throws {
    let gateway = Gateway(200, #"{"sessions":[]}"#)
    let list = try await client(gateway).get(SessionList.self, SessionList.route(of: "ada|1 é"))
    let request = try #require(gateway.asked.withLockedValue { $0.first })
    #expect(list.sessions.isEmpty)
    #expect(request.path == "/api/v1/voice/sessions?user=ada%7C1%20%C3%A9")
    #expect(request.headerFields[.authorization] == "Bearer t")
  }

  @Test(arguments: [(nil, "set VOICE_ADMIN_TOKEN"), ("wrong", "does not accept this admin token")] as [(String?, String)])
  func `a refused token says what to set`(token: String?, expected: String) async throws {
    let error = await #expect(throws: AdminError.self) { try await client(Gateway(401), token: token).delete("/v1/voice/limits/ada") }
    #expect(error?.description.contains(expected) == true)
  }

  @Test func `another refusal is told in the gateway's words`() async throws {
    let body = #"{"error":{"type":"invalid_request_error","code":"session_not_found","message":"Session not found"}}"#
    let error = await #expect(throws: AdminError.self) { try await client(Gateway(404, body)).delete("/v1/voice/sessions/vs_1") }
    #expect(error?.description == "the gateway answered 404: Session not found")
  }

  @Test func `an answer that is no gateway's is said to be so`() async throws {
    let error = await #expect(throws: AdminError.self) {
      _ = try await client(Gateway(200, "<html>")).get(SessionList.self, "/v1/voice/sessions")
    }
    #expect(error?.description.contains("--url") == true)
  }

  @Test func `a route that is not there says what the address is to be, by the name of what was set`() async throws {
    let body = #"{"error":{"type":"invalid_request_error","code":"not_found","message":"Not found"}}"#
    let client = AdminClient(base: try #require(AdminURL("http://h/dashboard")), source: "VOICE_URL", token: nil, http: Gateway(404, body))
    let error = await #expect(throws: AdminError.self) { try await client.delete("/v1/voice/limits/ada") }
    #expect(error?.description == "h answered 404, not found, below /dashboard/v1; VOICE_URL is the gateway's address, without a path")
  }

  @Test func `all sessions are tried, and each that is not found is named`() async throws {
    let (gateway, told) = (Gateway(missing: "B"), NIOLockedValueBox<[String]>([]))
    let tell: @Sendable (String) -> Void = { line in told.withLockedValue { $0.append(line) } }
    let isWhole = try await EndCommand.end(["A", "B", "C"], by: try client(gateway), print: tell, complain: tell)
    #expect(!isWhole)
    #expect(told.withLockedValue { $0 } == ["A ended", "B not ended: the gateway answered 404: Session not found", "C ended"])
  }

  @Test func `a token that is not accepted is told once`() async throws {
    let gateway = Gateway(401)
    await #expect(throws: AdminError.self) {
      _ = try await EndCommand.end(["A", "B"], by: try client(gateway), print: { _ in }, complain: { _ in })
    }
    #expect(gateway.asked.withLockedValue { $0.count } == 1)
  }

  /// A server at the other end of a connection: with TLS, without, or none at all.
  private struct Port: HTTPClient {
    let https: HTTPClientError
    let http: HTTPClientError?
    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      if request.scheme == "https" { throw https }
      if let http { throw http }
      #expect(request.headerFields[.authorization] == nil)
      return HTTPClientResponse(head: HTTPResponse(status: .ok), body: ByteBuffer())
    }
  }

  @Test(
    arguments: [
      (HTTPClientError(.tls, "h:1"), nil, "the server speaks no TLS there; write http:// in VOICE_URL"),
      (HTTPClientError(.tls, "h:1"), HTTPClientError(.closed, "h:1"), "TLS failed; set SSL_CERT_FILE"),
      (HTTPClientError(.unreachable, "h:1: connection refused"), nil, "connection refused; is the gateway running? look at VOICE_URL"),
      (HTTPClientError(.timeout, "h:1"), nil, "no answer in time; is the gateway running? look at VOICE_URL"),
    ] as [(HTTPClientError, HTTPClientError?, String)])
  func `a server that is not reached says why, and what to look at`(https: HTTPClientError, http: HTTPClientError?, expected: String) async
  {
    let port = Port(https: https, http: http)
    let words = await ServerFault.words(for: https, scheme: "https", authority: "h:1", source: "VOICE_URL", client: port)
    #expect(words.hasPrefix(expected))
  }

  @Test func `the name of what was set is told`() throws {
    var options = try AdminOptions.parse([])
    #expect(throws: ExitCode.failure) { try options.client(environment: ["VOICE_URL": "nonsense"]) }
    options.adminTokenFile = "/no/such/file"
    #expect(throws: ExitCode.failure) { try options.client(environment: [:]) }
  }

  @Test func `a table's columns are as wide as they have to be`() {
    #expect(Table.lines([["A", "LONG"], ["bcd", "e"]]) == ["A    LONG", "bcd  e"])
  }
}
