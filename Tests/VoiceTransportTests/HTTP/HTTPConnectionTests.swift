import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import VoiceTransport

struct HTTPConnectionTests {
  private static let get = ServerHarness.get

  // MARK: Handshakes

  @Test(
    arguments: ["Upgrade", "Upgrade\t", "\tUpgrade", "Upgrade\t,x", "x,\tUpgrade", "Upgrade ", "Upgrade , x", "keep-alive, Upgrade"],
    ["websocket", "websocket\t", "\twebsocket"])
  func `a handshake with anything behind it is accepted or refused, and never harms the process`(connection: String, upgrade: String) throws
  {
    let behind: [[UInt8]] = [
      [], Array(Self.get("/a", "", "GET", "1.1").utf8), Array("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc".utf8),
      TestFrame.text("hi").bytes, [0, 255, 13, 10, 13, 10], Array(ServerHarness.handshake().utf8), Array("GET /a HT".utf8),
      Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), [UInt8](repeating: 0x41, count: 40_000),
    ]
    for bytes in behind {
      let server = try ServerHarness()
      try server.receive(Array(ServerHarness.handshake(connection: connection, upgrade: upgrade).utf8) + bytes)
      let answer = try server.written()
      #expect(answer.hasPrefix("HTTP/1.1 101") || answer.hasPrefix("HTTP/1.1 400"), "\(connection) \(upgrade) \(bytes.count): \(answer)")
      // The decoder itself takes a tab off the front of a value.
      #expect(connection.dropFirst().contains("\t") || upgrade.dropFirst().contains("\t") ? answer.hasPrefix("HTTP/1.1 400") : true)
    }
  }

  @Test func `frames right behind a handshake are the first that the WebSocket gets`() throws {
    let server = try ServerHarness()
    try server.receive(Array(ServerHarness.handshake().utf8) + TestFrame.text("early").bytes)
    #expect(server.webSockets.map(\.texts) == [["early"]])
    try server.receive(TestFrame.text("later").bytes)
    #expect(server.webSockets.map(\.texts) == [["early", "later"]])
  }

  @Test func `a handshake may come in pieces of one byte`() throws {
    let server = try ServerHarness()
    for byte in ServerHarness.handshake().utf8 { try server.receive([byte]) }
    #expect(try server.written().hasPrefix("HTTP/1.1 101"))
  }

  @Test func `a handshake in absolute form is accepted`() throws {
    let server = try ServerHarness()
    try server.receive(ServerHarness.handshake("http://example.com:80/ws?x=/y"))
    #expect(try server.written().hasPrefix("HTTP/1.1 101"))
  }

  // MARK: The listener's close

  @Test(arguments: ["Content-Length: 9\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"])
  func `a body that is not whole when the listener closes gets a moment, not its whole time`(rest: String) throws {
    let server = try ServerHarness(times: HTTPTimes(body: .seconds(60)))
    try server.receive("POST /a HTTP/1.1\r\nHost: h\r\n" + rest)
    server.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1_900))
    #expect(server.channel.isActive)
    server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
    #expect(!server.channel.isActive)
  }

  @Test func `a whole request is answered after the listener's close, however long that takes`() throws {
    let server = try ServerHarness()
    server.answersAtOnce = false
    try server.receive(Self.get("/a", "", "GET", "1.1"))
    server.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    server.channel.embeddedEventLoop.advanceTime(by: .seconds(30))
    server.answer()
    #expect(try server.statuses() == [200])
  }

  // MARK: Order

  @Test(arguments: [ServerHarness.handshake(connection: "keep-alive"), "junk\r\n\r\n", "GET /ws HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"])
  func `a refusal waits for the answers before it`(refused: String) throws {
    let server = try ServerHarness()
    server.answersAtOnce = false
    try server.receive(Self.get("/a", "", "GET", "1.1") + Self.get("/b", "", "GET", "1.1") + refused)
    #expect(try server.statuses() == [] && server.requests == ["GET /a"])
    server.answer()
    server.answer()
    let statuses = try server.statuses()
    #expect(statuses.prefix(2) == [200, 200] && statuses.count == 3 && [400, 426].contains(statuses[2]))
  }

  @Test func `a head that is too large waits for the answers before it, however much comes behind it`() throws {
    let server = try ServerHarness()
    server.answersAtOnce = false
    try server.receive(Self.get("/a", "", "GET", "1.1") + "GET /b HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 100_000))
    for _ in 0..<5 { try server.receive(String(repeating: "x", count: 50_000)) }
    #expect(server.channel.isActive)
    server.answer()
    #expect(try server.statuses() == [200, 431])
  }

  @Test func `a handshake waits for the answers before it`() throws {
    let server = try ServerHarness()
    server.answersAtOnce = false
    try server.receive(Self.get("/a", "", "GET", "1.1") + ServerHarness.handshake())
    #expect(server.webSockets.isEmpty)
    server.answer()
    #expect(try server.statuses() == [200, 101])
    try server.receive(TestFrame.text("hi").bytes)
    #expect(server.webSockets.map(\.texts) == [["hi"]])
  }

  @Test func `pipelined requests are answered one by one, and more than the bound with 429`() throws {
    var limits = HTTPLimits()
    limits.maxQueuedParts = 10
    let server = try ServerHarness(limits: limits)
    server.answersAtOnce = false
    for _ in 0..<40 { try server.receive(Self.get("/a", "", "GET", "1.1")) }
    while server.channel.isActive, try server.channel.readOutbound(as: ByteBuffer.self) == nil || server.requests.count < 6 {
      server.answer()
    }
    server.answer()
    #expect(server.requests.count == 6, "one under way and five that wait")
    #expect(try server.statuses().last == 429)
  }

  @Test func `nothing more is read while an answer is owed`() throws {
    let server = try ServerHarness()
    let reads = ReadCounter()
    try server.channel.pipeline.syncOperations.addHandler(reads, position: .first)
    server.answersAtOnce = false
    try server.receive(Self.get("/a", "", "GET", "1.1"))
    let before = reads.count
    server.channel.pipeline.read()
    #expect(reads.count == before)
    server.answer()
    #expect(reads.count == before + 1)
  }

  final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0
    func read(context: ChannelHandlerContext) {
      count += 1
      context.read()
    }
  }

  // MARK: The end

  @Test(arguments: ["close", "Close", "CLOSE", "keep-alive, Close"])
  func `a connection is closed when the client asks, however it writes that`(option: String) throws {
    let server = try ServerHarness()
    try server.receive(Self.get("/a", "Connection: \(option)\r\n", "GET", "1.1") + Self.get("/b", "", "GET", "1.1"))
    #expect(try server.written().contains("connection: close"))
    #expect(server.requests == ["GET /a"])
    server.advance(.seconds(2))
    #expect(!server.channel.isActive)
  }

  @Test(arguments: ["", "Connection: keep-alive\r\n"]) func `HTTP 1.0 ends with its answer`(fields: String) throws {
    let server = try ServerHarness()
    try server.receive("GET /a HTTP/1.0\r\n\(fields)\r\n")
    #expect(try server.written().contains("200"))
    server.advance(.seconds(2))
    #expect(!server.channel.isActive)
  }

  @Test func `an answer to HEAD has no body, and the connection goes on`() throws {
    let server = try ServerHarness()
    try server.receive(Self.get("/a", "", "HEAD", "1.1") + Self.get("/ws", "", "HEAD", "1.1"))
    let text = try server.written()
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nHTTP/1.1 405"))
    #expect(text.hasSuffix("\r\n\r\n") && text.contains("allow: GET") || text.contains("Allow: GET"))
  }

  @Test(
    arguments: [
      "GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://u@a/b HTTP/1.1\r\nHost: a\r\n\r\n",
    ]) func `a request without one good host and target is 400`(text: String) throws
  {
    let server = try ServerHarness()
    try server.receive(text)
    #expect(try server.statuses() == [400] && server.requests.isEmpty)
  }

  @Test(arguments: ["a:b", "a:99999", "[::1", "[::g]", "::1", ":80", "[]", "[1.2.3.4]", "a]", "[::1]80", "a:80:80"])
  func `a Host that is no host and port is 400`(host: String) throws {
    let server = try ServerHarness()
    try server.receive("GET /a HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    #expect(try server.statuses() == [400] && server.requests.isEmpty)
  }

  @Test(arguments: ["a", "a:", "a:0", "a:65535", "[::1]", "[::1]:80", "[fe80::1%25eth0]", "127.0.0.1:8080", "a_b.example.", ""])
  func `a Host that is one is taken`(host: String) throws {
    let server = try ServerHarness()
    try server.receive("GET /a HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    #expect(try server.statuses() == [200])
  }

  // MARK: Expect

  private static let expecting = "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n"

  @Test(arguments: [("Content-Length: 2\r\n\r\n", "hi"), ("Transfer-Encoding: chunked\r\n\r\n", "2\r\nhi\r\n0\r\n\r\n")])
  func `a client that holds its body back is told to send it, once`(head: String, body: String) throws {
    let server = try ServerHarness()
    try server.receive(Self.expecting + head)
    #expect(try server.written() == "HTTP/1.1 100 Continue\r\n\r\n" && server.requests == ["POST /a"])
    for byte in body.utf8 { try server.receive([byte]) }
    #expect(try server.statuses() == [200] && server.channel.isActive)
    // The connection goes on.
    try server.receive(Self.expecting + head)
    #expect(try server.statuses() == [100])
  }

  @Test func `a client whose body is there, or that has none, is told nothing but the answer`() throws {
    for text in [
      Self.expecting + "Content-Length: 2\r\n\r\nhi", Self.expecting + "\r\n", Self.expecting + "Content-Length: 0\r\n\r\n",
    ] {
      let server = try ServerHarness()
      try server.receive(text)
      #expect(try server.statuses() == [200])
    }
    let old = try ServerHarness()
    try old.receive("POST /a HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    #expect(try old.written().isEmpty)
  }

  @Test func `a request that is refused by its head gets its refusal and no 100`() throws {
    let server = try ServerHarness()
    try server.receive("POST /a HTTP/1.1\r\nHost: a:b\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    #expect(try server.statuses() == [400])
  }

  @Test func `an answer that comes before the body was asked for ends the connection`() {
    var machine = HTTPConnectionStateMachine(
      judge: RequestJudge(limits: HTTPLimits(), isWebSocketPath: { _ in false }), now: .uptimeNanoseconds(0))
    let now = NIODeadline.uptimeNanoseconds(1)
    machine.received(
      .head(
        HTTPRequestHead(
          version: .http1_1, method: .POST, uri: "/a", headers: ["host": "h", "expect": "100-continue", "content-length": "2"])))
    guard case .forward(.head) = machine.next(isWritable: true, at: now) else {
      Issue.record("not forwarded")
      return
    }
    // More of the same read may hold the body.
    #expect(machine.next(isWritable: true, at: now) == nil)
    var head = HTTPResponseHead(version: .http1_1, status: .unauthorized, headers: ["content-length": "0"])
    let isWritten = machine.responds(&head)
    #expect(isWritten && head.headers["connection"] == ["close"])
    machine.readCompleted()
    #expect(machine.next(isWritable: true, at: now) == nil)
    #expect(machine.responseEnds(at: now) == .writeAndClose)
  }

  @Test func `a client that closes its side still gets what it asked for`() throws {
    let server = try ServerHarness()
    server.answersAtOnce = false
    try server.receive(Self.get("/a", "", "GET", "1.1") + Self.get("/b", "", "GET", "1.1"))
    server.closeInput()
    server.answer()
    #expect(server.channel.isActive)
    server.answer()
    #expect(try server.statuses() == [200, 200] && server.requests == ["GET /a", "GET /b"])
    server.advance(.seconds(2))
    #expect(!server.channel.isActive)
  }

  // MARK: Deadlines

  private static let times = HTTPTimes(head: .seconds(1), body: .seconds(3), keepAlive: .seconds(5), write: .seconds(7))

  @Test func `a head that does not come ends the connection`() throws {
    let server = try ServerHarness(times: Self.times)
    try server.receive("GET /a HTTP/1.1\r\nHo")
    server.advance(.milliseconds(999))
    #expect(server.channel.isActive)
    server.advance(.milliseconds(1))
    #expect(!server.channel.isActive)
  }

  @Test func `a body that does not come ends the connection, answered or not`() throws {
    for isAnswered in [false, true] {
      let server = try ServerHarness(times: Self.times)
      try server.receive("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc")
      if isAnswered { server.answer() }
      server.advance(.milliseconds(2_999))
      #expect(server.channel.isActive)
      server.advance(.milliseconds(1))
      #expect(!server.channel.isActive)
    }
  }

  @Test func `a connection without a next request is closed, and one whose answer takes long is not`() throws {
    let server = try ServerHarness(times: Self.times)
    server.answersAtOnce = false
    try server.receive(Self.get("/a", "", "GET", "1.1"))
    server.advance(.seconds(60))
    #expect(server.channel.isActive)
    server.answer()
    server.advance(.milliseconds(4_999))
    #expect(server.channel.isActive)
    server.advance(.milliseconds(1))
    #expect(!server.channel.isActive)
  }

  @Test func `a fault in a body is one answer, or none when there was one`() throws {
    let server = try ServerHarness()
    let chunked = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    try server.receive(chunked + "xyz\r\n")
    #expect(try server.statuses() == [400])
    let answered = try ServerHarness()
    try answered.receive(chunked)
    answered.answer()
    try answered.receive("xyz\r\n")
    #expect(try answered.statuses() == [200])
    #expect(!answered.channel.isActive)
  }

  @Test func `a listener that stops closes what is idle and lets an answer end`() throws {
    let idle = try ServerHarness()
    idle.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    idle.advance(.seconds(2))
    #expect(!idle.channel.isActive)
    let busy = try ServerHarness()
    busy.answersAtOnce = false
    try busy.receive(Self.get("/a", "", "GET", "1.1"))
    busy.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    busy.answer()
    #expect(try busy.written().contains("connection: close"))
    busy.advance(.seconds(2))
    #expect(!busy.channel.isActive)
  }
}
