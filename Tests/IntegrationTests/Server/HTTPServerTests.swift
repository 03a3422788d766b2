import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTransport

@testable import VoiceServer

/// The listener with a few routes of the tests' own, and a WebSocket at `/ws` that says what it hears.
@Suite(.timeLimit(.minutes(2))) struct HTTPServerTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private final class Echo: RealtimeConnectionDelegate {
    let connection: any RealtimeConnection
    init(_ connection: any RealtimeConnection) { self.connection = connection }
    func received(_ message: RealtimeMessage) { connection.send(message) }
    func readCompleted() { connection.flush() }
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {}
  }

  private static let handshake =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
  /// "hi", masked with zeros.
  private static let hi: [UInt8] = [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]

  private func server(timeout: Duration, port: Int = 0, listening: @escaping @Sendable (Int) async -> Void) throws -> HTTPServer {
    var settings = Settings.HTTP()
    settings.port = port
    settings.handshakeTimeout = timeout
    let routes = [
      Route("/hello", [.get: { _ in .text("hello") }]),
      Route(
        "/length",
        [
          .post: { call in
            let body = try await JSONBody.read(from: call.request, within: timeout)
            return .text("\(body?.string?.count ?? 0)")
          }
        ]),
    ]
    return HTTPServer(
      settings: settings, routes: try Self.gateway().routeTable(adding: routes), limits: Settings.Limits(), tls: nil,
      group: MultiThreadedEventLoopGroup.singleton,
      isWebSocketPath: { $0 == "/ws" },
      decide: { _, _ in .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, _ in Echo(connection) } },
      listening: listening, logger: logger)
  }

  private static func gateway() throws -> VoiceGateway {
    try VoiceGateway(.init(), GatewayDependencies(verifier: try JWTVerifier(secret: Secret("0123456789abcdef0123456789abcdef"))))
  }

  /// Runs a server while `body` does, then stops it in good order, which is to take at most as long as `stopping`.
  private func withServer(
    timeout: Duration = .seconds(5), stopping: Duration = .seconds(4), _ body: @Sendable @escaping (Int) async throws -> Void
  ) async throws {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let group = ServiceGroup(services: [try server(timeout: timeout) { port.yield($0) }], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let bound = try #require(await iterator.next())
      try await body(bound)
      let start = ContinuousClock.now
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      #expect(ContinuousClock.now - start < stopping)
    }
  }

  @Test func `requests over one connection are answered in their order`() async throws {
    try await withServer { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send(
          "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await talk.response().body == "hello")
        #expect(try await talk.response().status == 404)
        #expect(try await talk.response().body == "hello")
      }
    }
  }

  @Test func `a WebSocket is the transport's, with no idle timeout of HTTP's`() async throws {
    try await withServer(timeout: .milliseconds(300)) { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send(Self.handshake)
        #expect(try await talk.response().status == 101)
        try await Task.sleep(for: .seconds(1))
        try await talk.send(Self.hi)
        #expect(try await talk.read(through: "hi").hasSuffix("hi"))
      }
    }
  }

  @Test func `a connection that spoke HTTP may become a WebSocket, and stays one`() async throws {
    try await withServer(timeout: .milliseconds(300)) { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + Self.handshake)
        #expect(try await talk.response().body == "hello")
        #expect(try await talk.response().status == 101)
        try await Task.sleep(for: .seconds(1))
        try await talk.send(Self.hi)
        #expect(try await talk.read(through: "hi").hasSuffix("hi"))
      }
    }
  }

  @Test func `a plain request for a WebSocket path is 426 and names the protocol`() async throws {
    try await withServer { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = try await talk.response()
        #expect(answer.status == 426)
        #expect(answer.head.lowercased().contains("upgrade: websocket"))
        #expect(answer.body.contains("upgrade_required"))
      }
    }
  }

  @Test(arguments: ["", "GET /hello HT", "GET /hello HTTP/1.1\r\nHost: a\r\n"])
  func `who does not finish a request's head is closed in time`(text: String) async throws {
    try await withServer(timeout: .milliseconds(300)) { port in
      try await RawConnection.with(port: port) { talk in
        if !text.isEmpty { try await talk.send(text) }
        let start = ContinuousClock.now
        _ = try await talk.readToEnd()
        #expect(ContinuousClock.now - start < .seconds(3))
      }
    }
  }

  @Test func `a body that comes drop by drop is 408, whatever pace it keeps`() async throws {
    try await withServer(timeout: .seconds(3)) { port in
      try await RawConnection.with(port: port) { talk in
        let start = ContinuousClock.now
        try await talk.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n\"")
        // The last drop is well before the limit: one behind it would meet a connection that is closed, and lose the answer.
        for _ in 0..<8 {
          try await Task.sleep(for: .milliseconds(200))
          try await talk.send("a")
        }
        #expect(try await talk.response().status == 408)
        #expect(ContinuousClock.now - start < .milliseconds(4_500), "counted from the last drop")
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a body that nobody waits for holds the connection no longer than twice the limit`() async throws {
    try await withServer(timeout: .milliseconds(300)) { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send("GET /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        #expect(try await talk.response().status == 404)
        let isClosed = await dripping(talk)
        #expect(isClosed)
      }
    }
  }

  /// Sends a byte now and then until that fails; false when it never does.
  private func dripping(_ talk: RawConnection.Talk) async -> Bool {
    for _ in 0..<500 {
      do {
        try await talk.send("x")
        try await Task.sleep(for: .milliseconds(50))
      } catch { return true }
    }
    return false
  }

  @Test func `a body that is too large is 413, announced or not`() async throws {
    try await withServer { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        #expect(try await talk.response().status == 413)
      }
      try await RawConnection.with(port: port) { talk in
        try await talk.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "4000\r\n" + String(repeating: "a", count: 0x4000) + "\r\n"
        for _ in 0..<5 { try? await talk.send(chunk) }
        #expect(try await talk.response().status == 413)
      }
    }
  }

  @Test func `a client that closes its side after its request still gets the answer`() async throws {
    try await withServer { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        talk.finish()
        #expect(try await talk.readToEnd().hasSuffix("hello"))
      }
    }
  }

  @Test(arguments: ["nonsense\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"])
  func `what is no HTTP is 400`(text: String) async throws {
    try await withServer { port in
      try await RawConnection.with(port: port) { talk in
        try await talk.send(text)
        #expect(try await talk.response().status == 400)
      }
    }
  }

  @Test func `a stop closes what is idle, and leaves a WebSocket to its owner`() async throws {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let group = ServiceGroup(services: [try server(timeout: .seconds(30)) { port.yield($0) }], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let bound = try #require(await iterator.next())
      try await RawConnection.with(port: bound) { webSocket in
        try await webSocket.send(Self.handshake)
        #expect(try await webSocket.response().status == 101)
        try await RawConnection.with(port: bound) { silent in
          try await RawConnection.with(port: bound) { idle in
            try await idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await idle.response().body == "hello")
            await group.triggerGracefulShutdown()
            #expect(try await idle.readToEnd().isEmpty)
            #expect(try await silent.readToEnd().isEmpty)
          }
        }
        try await webSocket.send(Self.hi)
        #expect(try await webSocket.read(through: "hi").hasSuffix("hi"))
      }
      try await tasks.waitForAll()
    }
  }

  @Test func `a port that is taken is an error at the start`() async throws {
    try await withServer { port in
      let second = try server(timeout: .seconds(1), port: port) { _ in }
      await #expect(throws: IOError.self) { try await second.run() }
    }
  }
}
