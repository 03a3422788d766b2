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
    init(_ status: Int, _ body: String = "") { answer = (status, body) }
    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      asked.withLockedValue { $0.append(request) }
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

  @Test func `a table's columns are as wide as they have to be`() {
    #expect(Table.lines([["A", "LONG"], ["bcd", "e"]]) == ["A    LONG", "bcd  e"])
  }
}
