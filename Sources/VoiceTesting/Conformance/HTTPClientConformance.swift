import HTTPTypes
import NIOCore
public import VoiceCore

/// Contract of every `HTTPClient`. See ``SessionStoreConformance`` for how to run it.
public enum HTTPClientConformance {
  /// Behaviour of a rule's server.
  public enum Script: Sendable {
    /// Writes these bytes.
    case answer(@Sendable (_ requestHead: String, _ body: String) -> String)
    /// Never writes anything.
    case silence
  }

  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let client: any HTTPClient
    let serve: @Sendable (Script) async throws -> String
    let closedPort: String

    /// - Parameters:
    ///   - serve: starts an HTTP/1.1 server with keep-alive and answers its `host:port`; it runs until the test ends.
    ///   - closedPort: a `host:port` where nothing listens.
    ///   - client: client to send through.
    public init(client: any HTTPClient, serve: @escaping @Sendable (Script) async throws -> String, closedPort: String = "127.0.0.1:1") {
      self.client = client
      self.serve = serve
      self.closedPort = closedPort
    }

    func get(_ authority: String, _ path: String = "/", body: ByteBuffer? = nil, _ options: HTTPClientOptions = .init()) async throws
      -> HTTPClientResponse
    {
      var request = HTTPRequest(method: body == nil ? .get : .post, scheme: "http", authority: authority, path: path)
      request.headerFields[.authorization] = "Bearer canary-in-a-header"
      return try await within(.seconds(20), "an exchange") { [client, request] in
        try await client.execute(request, body: body, options: options)
      }
    }

    func requireFailure(
      _ codes: Set<HTTPClientError.Code>, _ what: String, line: UInt = #line, _ body: () async throws -> HTTPClientResponse
    ) async throws {
      do {
        let status = try await body().head.status.code
        throw ConformanceViolation(detail: "\(what) is answered with \(status)", line: line)
      } catch let error as HTTPClientError {
        try require(codes.contains(error.code), "\(what) fails as \(error.code)", line: line)
        try require(!"\(error)".contains("canary"), "the error of \(what) shows a query or a header: \(error)", line: line)
      }
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  private static func reply(_ status: String, _ body: String, fields: String = "") -> String {
    "HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
  }

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("method, path, fields and body go out as they are, and an answer comes with status, fields and body") { subject in
      let authority = try await subject.serve(.answer { head, body in reply("201 Created", head + "|" + body, fields: "x-a: 1\r\n") })
      let answer = try await subject.get(authority, "/a/../b?c=d%20e", body: ByteBuffer(string: "ü"))
      try requireEqual(answer.head.status.code, 201, "the status")
      try requireEqual(answer.head.headerFields[HTTPField.Name("x-a")!], "1", "a field")
      let text = String(buffer: answer.body)
      try require(text.hasPrefix("POST /a/../b?c=d%20e HTTP/1.1"), "the request line is \(text.prefix(60))")
      try require(text.lowercased().contains("authorization: bearer canary-in-a-header"), "a field is missing")
      try require(text.hasSuffix("|ü"), "the body is another")
    },
    Rule("a status is no error, whatever it is") { subject in
      for status in ["204 No Content", "404 Not Found", "429 Too Many Requests", "500 Oops"] {
        let authority = try await subject.serve(.answer { _, _ in reply(status, "") })
        try requireEqual("\(try await subject.get(authority).head.status.code)", String(status.prefix(3)), "the status")
      }
    },
    Rule("a redirect is an answer, and is not followed") { subject in
      let authority = try await subject.serve(.answer { _, _ in reply("302 Found", "", fields: "location: /elsewhere\r\n") })
      let answer = try await subject.get(authority)
      try requireEqual(answer.head.status.code, 302, "the status")
      try requireEqual(answer.head.headerFields[.location], "/elsewhere", "the location")
    },
    Rule("an answer that is larger than asked for fails as too_large") { subject in
      let authority = try await subject.serve(.answer { _, _ in reply("200 OK", String(repeating: "x", count: 10_000)) })
      let options = HTTPClientOptions(maxResponseBytes: 1_000)
      try await subject.requireFailure([.tooLarge], "a large answer") { try await subject.get(authority, "/", options) }
    },
    Rule("a server that says nothing fails as timeout, in time") { subject in
      let authority = try await subject.serve(.silence)
      let start = ContinuousClock.now
      let options = HTTPClientOptions(timeout: .milliseconds(300))
      try await subject.requireFailure([.timeout], "silence") { try await subject.get(authority, "/?canary=1", options) }
      try require(ContinuousClock.now - start < .seconds(10), "the timeout of 300 ms took \(ContinuousClock.now - start)")
    },
    Rule("a port where nothing listens fails as unreachable") { subject in
      try await subject.requireFailure([.unreachable], "a closed port") { try await subject.get(subject.closedPort, "/?canary=1") }
    },
    Rule("what is no HTTP fails, and the client goes on") { subject in
      let broken = try await subject.serve(.answer { _, _ in "SSH-2.0-OpenSSH_9.2\r\n\r\n" })
      let options = HTTPClientOptions(timeout: .seconds(2))
      try await subject.requireFailure([.protocolError, .closed, .timeout, .unreachable], "another protocol") {
        try await subject.get(broken, "/?canary=1", options)
      }
      let authority = try await subject.serve(.answer { _, _ in reply("200 OK", "x") })
      try requireEqual(try await subject.get(authority).head.status.code, 200, "the status")
    },
    Rule("cancelling the task ends the exchange") { subject in
      let authority = try await subject.serve(.silence)
      let request = HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/")
      try await within(.seconds(10), "a cancelled exchange") { [client = subject.client] in
        await withTaskGroup(of: Void.self) { group in
          group.addTask { _ = try? await client.execute(request, body: nil, options: HTTPClientOptions(timeout: .seconds(60))) }
          try? await Task.sleep(for: .milliseconds(50))
          group.cancelAll()
        }
      }
    },
    Rule("many exchanges at once each get their own answer") { subject in
      let authority = try await subject.serve(.answer { head, _ in reply("200 OK", String(head.prefix { !$0.isNewline })) })
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<32 {
          group.addTask {
            let text = String(buffer: try await subject.get(authority, "/\(index)").body)
            try requireEqual(text, "GET /\(index) HTTP/1.1", "the answer")
          }
        }
        try await group.waitForAll()
      }
    },
  ]
}

extension HTTPClientConformance.Subject {
  fileprivate func get(_ authority: String, _ path: String, _ options: HTTPClientOptions) async throws -> HTTPClientResponse {
    try await get(authority, path, body: nil, options)
  }
}
