import Foundation
import HTTPTypes
import NIOCore
import NIOSSL
import Testing
import VoiceCore

@testable import VoiceHTTP

struct CurlHTTPClientTests {
  private func request(_ server: LoopbackServer, _ path: String = "/", method: HTTPRequest.Method = .get, scheme: String = "http")
    -> HTTPRequest
  {
    HTTPRequest(method: method, scheme: scheme, authority: server.authority, path: path)
  }

  private func code(_ body: () async throws -> HTTPClientResponse) async -> HTTPClientError.Code? {
    do {
      _ = try await body()
      return nil
    } catch {
      return (error as? HTTPClientError)?.code
    }
  }

  @Test func `an answer comes with status, fields and body`() async throws {
    let server = try LoopbackServer { _ in .ok("hello", status: "201 Created", fields: "x-a: 1\r\nX-A:  2 \r\nempty:\r\n") }
    let response = try await CurlHTTPClient().execute(request(server, "/a/../b?c=d%20e"), body: nil, options: .init())
    #expect(response.head.status.code == 201)
    #expect(response.head.headerFields[values: HTTPField.Name("x-a")!] == ["1", "2"])
    #expect(response.head.headerFields[HTTPField.Name("empty")!] == "")
    #expect(String(buffer: response.body) == "hello")
    let seen = try #require(await server.arrivals.first())
    #expect(seen.lines.first == "GET /a/../b?c=d%20e HTTP/1.1", "the path goes out as it is")
    #expect(seen.value("host") == server.authority)
    #expect(seen.value("user-agent") == "voice-realtime")
    try await server.stop()
  }

  @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "QUERY"])
  func `method, fields and body go out`(name: String) async throws {
    let server = try LoopbackServer { request in .ok(request.body) }
    var request = request(server, method: .init(name)!)
    request.headerFields[.contentType] = "application/json"
    request.headerFields[.authorization] = "Bearer x"
    request.headerFields.append(HTTPField(name: HTTPField.Name("x-empty")!, value: ""))
    let body = String(repeating: "ü", count: 100_000)
    let response = try await CurlHTTPClient().execute(request, body: ByteBuffer(string: body), options: .init())
    #expect(String(buffer: response.body) == body)
    let seen = try #require(await server.arrivals.first())
    #expect(seen.lines.first == "\(name) / HTTP/1.1")
    #expect(seen.value("content-type") == "application/json")
    #expect(seen.value("authorization") == "Bearer x")
    #expect(seen.lines.contains { $0.lowercased().hasPrefix("x-empty:") })
    #expect(seen.value("expect") == nil)
    try await server.stop()
  }

  @Test func `a request without a body says so, and HEAD waits for none`() async throws {
    let server = try LoopbackServer { request in
      request.lines[0].hasPrefix("HEAD") ? .bytes("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n") : .ok("")
    }
    let client = try CurlHTTPClient()
    _ = try await client.execute(request(server, method: .post), body: nil, options: .init())
    let seen = try #require(await server.arrivals.first())
    #expect(seen.value("content-length") == "0" && seen.value("content-type") == nil)
    let head = try await client.execute(request(server, method: .head), body: nil, options: .init())
    #expect(head.head.headerFields[.contentLength] == "5" && head.body.readableBytes == 0)
    _ = try await client.execute(request(server, method: .delete), body: nil, options: .init())
    _ = await server.arrivals.first()
    #expect(try #require(await server.arrivals.first()).value("content-length") == nil)
    try await server.stop()
  }

  @Test func `a connection is used again`() async throws {
    let server = try LoopbackServer { _ in .ok("x") }
    let client = try CurlHTTPClient()
    for _ in 0..<20 { _ = try await client.execute(request(server), body: nil, options: .init()) }
    #expect(server.opened == 1)
    try await server.stop()
  }

  @Test func `a hundred exchanges at once share the connections that are allowed`() async throws {
    let server = try LoopbackServer { request in .ok(request.lines[0]) }
    let client = try CurlHTTPClient(.init(maxConnections: 8, maxConnectionsPerHost: 4))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        group.addTask {
          let response = try await client.execute(request(server, "/\(number)"), body: nil, options: .init())
          #expect(String(buffer: response.body) == "GET /\(number) HTTP/1.1")
        }
      }
      try await group.waitForAll()
    }
    #expect(server.opened <= 4)
    try await server.stop()
  }

  @Test func `a redirect is an answer like any other`() async throws {
    let server = try LoopbackServer { _ in .ok("", status: "302 Found", fields: "location: /elsewhere\r\n") }
    let response = try await CurlHTTPClient().execute(request(server), body: nil, options: .init())
    #expect(response.head.status.code == 302 && response.head.headerFields[.location] == "/elsewhere")
    try await server.stop()
  }

  @Test func `an interim answer and trailers are left out`() async throws {
    let server = try LoopbackServer { _ in
      .bytes(
        "HTTP/1.1 103 Early Hints\r\nearly: 1\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nlate: 1\r\n\r\n2\r\nhi\r\n0\r\ntrailer: 1\r\n\r\n"
      )
    }
    let response = try await CurlHTTPClient().execute(request(server), body: nil, options: .init())
    #expect(response.head.status.code == 200 && String(buffer: response.body) == "hi")
    #expect(response.head.headerFields[HTTPField.Name("late")!] == "1")
    #expect(response.head.headerFields[HTTPField.Name("early")!] == nil && response.head.headerFields[HTTPField.Name("trailer")!] == nil)
    try await server.stop()
  }

  @Test func `an answer past its bound fails, whether it says its length or not`() async throws {
    let server = try LoopbackServer { request in request.lines[0].contains("endless") ? .endless : .ok(String(repeating: "x", count: 1_000))
    }
    let client = try CurlHTTPClient()
    let exact = try await client.execute(request(server), body: nil, options: .init(maxResponseBytes: 1_000))
    #expect(exact.body.readableBytes == 1_000)
    #expect(await code { try await client.execute(request(server), body: nil, options: .init(maxResponseBytes: 999)) } == .tooLarge)
    #expect(
      await code { try await client.execute(request(server, "/endless"), body: nil, options: .init(maxResponseBytes: 100_000)) }
        == .tooLarge)
    #expect(
      await code { try await client.execute(request(server, "/endless"), body: nil, options: .init(maxResponseBytes: 0)) } == .tooLarge)
    try await server.stop()
  }

  @Test func `header lines are bounded too`() async throws {
    let server = try LoopbackServer { _ in .ok("", fields: String(repeating: "x: \(String(repeating: "y", count: 1_000))\r\n", count: 80)) }
    #expect(await code { try await CurlHTTPClient().execute(request(server), body: nil, options: .init()) } == .tooLarge)
    try await server.stop()
  }

  @Test func `silence ends at the deadline, and the connection with it`() async throws {
    let server = try LoopbackServer { _ in .silence }
    let client = try CurlHTTPClient()
    #expect(await code { try await client.execute(request(server), body: nil, options: .init(timeout: .milliseconds(50))) } == .timeout)
    #expect(await server.departures.first() != nil)
    try await server.stop()
  }

  @Test func `a drip of bytes does not move the deadline`() async throws {
    let server = try LoopbackServer { _ in .endless }
    let client = try CurlHTTPClient()
    let verdict = await code {
      try await client.execute(request(server), body: nil, options: .init(timeout: .milliseconds(50), maxResponseBytes: .max))
    }
    #expect(verdict == .timeout)
    try await server.stop()
  }

  @Test func `the deadline counts while an exchange waits for a connection`() async throws {
    let server = try LoopbackServer { _ in .silence }
    let client = try CurlHTTPClient(.init(maxConnections: 1, maxConnectionsPerHost: 1))
    await withTaskGroup(of: HTTPClientError.Code?.self) { group in
      for _ in 0..<3 {
        group.addTask { await code { try await client.execute(request(server), body: nil, options: .init(timeout: .milliseconds(100))) } }
      }
      for await verdict in group { #expect(verdict == .timeout) }
    }
    try await server.stop()
  }

  @Test func `cancelling the task closes the connection`() async throws {
    let server = try LoopbackServer { _ in .silence }
    let client = try CurlHTTPClient()
    let task = Task { try await client.execute(request(server), body: nil, options: .init(timeout: .seconds(60))) }
    _ = await server.arrivals.first()
    task.cancel()
    #expect(await code { try await task.value } == .cancelled)
    #expect(await server.departures.first() != nil)
    try await server.stop()
  }

  @Test func `a task that was cancelled before sends nothing`() async throws {
    let server = try LoopbackServer { _ in .ok("") }
    let client = try CurlHTTPClient()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await client.execute(request(server), body: nil, options: .init())
    }
    task.cancel()
    #expect(await code { try await task.value } == .cancelled)
    #expect(server.opened == 0)
    try await server.stop()
  }

  @Test func `whenever a task is cancelled, it ends once`() async throws {
    let server = try LoopbackServer { _ in .ok("x") }
    let client = try CurlHTTPClient()
    for pause in 0..<300 {
      let task = Task { try await client.execute(request(server), body: nil, options: .init()) }
      for _ in 0..<(pause % 30) { await Task.yield() }
      task.cancel()
      let verdict = await code { try await task.value }
      #expect(verdict == nil || verdict == .cancelled)
    }
    _ = try await client.execute(request(server), body: nil, options: .init())
    try await server.stop()
  }

  @Test func `one exchange too many fails at once`() async throws {
    let server = try LoopbackServer { _ in .silence }
    let client = try CurlHTTPClient(.init(maxExchanges: 1))
    let task = Task { try await client.execute(request(server), body: nil, options: .init(timeout: .seconds(60))) }
    _ = await server.arrivals.first()
    #expect(await code { try await client.execute(request(server), body: nil, options: .init()) } == .overloaded)
    task.cancel()
    _ = await code { try await task.value }
    try await server.stop()
  }

  @Test func `who cannot be reached, hangs up or speaks another language is told apart`() async throws {
    let server = try LoopbackServer { request in
      if request.lines[0].contains("/hangup") { return .bytesThenClose("") }
      if request.lines[0].contains("/short") { return .bytesThenClose("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhi") }
      return .bytesThenClose("220 mail.example ESMTP\r\n")
    }
    let client = try CurlHTTPClient()
    #expect(await code { try await client.execute(request(server, "/hangup"), body: nil, options: .init()) } == .closed)
    #expect(await code { try await client.execute(request(server, "/short"), body: nil, options: .init()) } == .closed)
    #expect(await code { try await client.execute(request(server, "/mail"), body: nil, options: .init()) } == .protocolError)
    try await server.stop()
    #expect(await code { try await client.execute(request(server), body: nil, options: .init()) } == .unreachable)
    let nowhere = HTTPRequest(method: .get, scheme: "http", authority: "nowhere.invalid", path: "/")
    #expect(await code { try await client.execute(nowhere, body: nil, options: .init()) } == .unreachable)
  }

  @Test func `an error names the host and what happened, and nothing of the request`() async throws {
    let client = try CurlHTTPClient()
    var request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1:1", path: "/secret-path?token=secret-query")
    request.headerFields[.authorization] = "Bearer secret-token"
    do {
      _ = try await client.execute(request, body: nil, options: .init())
      Issue.record("nobody listens there")
    } catch {
      #expect("\(error)" == "unreachable: 127.0.0.1:1: connection refused, nothing listens there")
    }
  }

  @Test func `a certificate is verified against the authorities that are configured`() async throws {
    func context(_ name: String) throws -> NIOSSLContext {
      let certificate = try NIOSSLCertificate.fromPEMFile(Self.file(name + ".pem"))
      let key = try NIOSSLPrivateKey(file: Self.file(name + "-key.pem"), format: .pem)
      return try NIOSSLContext(
        configuration: .makeServerConfiguration(certificateChain: certificate.map { .certificate($0) }, privateKey: .privateKey(key)))
    }
    let server = try LoopbackServer(tls: context("loopback")) { _ in .ok("x") }
    do {
      let trusting = try CurlHTTPClient(.init(certificateAuthorities: Self.file("loopback.pem")))
      #expect(try await String(buffer: trusting.execute(request(server, scheme: "https"), body: nil, options: .init()).body) == "x")
    }
    #expect(await code { try await CurlHTTPClient().execute(request(server, scheme: "https"), body: nil, options: .init()) } == .tls)
    let missing = try CurlHTTPClient(.init(certificateAuthorities: "/nowhere/authorities.pem"))
    #expect(await code { try await missing.execute(request(server, scheme: "https"), body: nil, options: .init()) } == .tls)
    try await server.stop()

    let impostor = try LoopbackServer(tls: context("other")) { _ in .ok("x") }
    let client = try CurlHTTPClient(.init(certificateAuthorities: Self.file("other.pem")))
    #expect(
      await code { try await client.execute(request(impostor, scheme: "https"), body: nil, options: .init()) } == .tls, "another name")
    try await impostor.stop()
  }

  private static func file(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: name, ofType: nil, inDirectory: "Certificates"))
  }
}
