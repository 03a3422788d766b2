import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import VoiceTesting

@testable import VoiceTransport

/// Walks the state machine at random, and whole pipelines with mutated requests.
struct HTTPConnectionWalkTests {
  private static let seeds = Array(UInt64(1)...40)

  @Test(arguments: seeds) func `responses come in the order of their requests, one each, and every state ends`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var now = NIODeadline.uptimeNanoseconds(0)
    let judge = RequestJudge(limits: HTTPLimits(), isWebSocketPath: { $0 == "/ws" })
    var machine = HTTPConnectionStateMachine(judge: judge, now: now)
    var asked = 0
    var forwarded: [String] = []
    var answered = 0
    var isClosed = false
    var handshakes = 0
    for _ in 0..<400 where !isClosed {
      switch Int.random(in: 0..<12, using: &random) {
      case 0...3:
        asked += 1
        machine.received(.head(Self.head("/\(asked)")))
        if Bool.random(using: &random) { machine.received(.body(ByteBuffer(string: "x"))) }
        machine.received(.end(nil))
      case 4 where Int.random(in: 0..<20, using: &random) == 0:
        machine.received(.head(Self.handshake))
        machine.received(.end(nil))
      case 5, 6: machine.readCompleted()
      case 7, 8, 9:
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
        guard machine.responds(&head) else { break }
        if machine.responseEnds(at: now) != .discard { answered += 1 }
      case 10:
        now = now + .milliseconds(Int64.random(in: 0...3_000, using: &random))
        if machine.deadlinePassed(at: now) != nil { isClosed = true }
      default: if Int.random(in: 0..<60, using: &random) == 0 { machine.received(.inputClosed) }
      }
      while let action = machine.next(isWritable: Bool.random(using: &random), at: now) {
        switch action {
        case .forward(.head(let head)):
          #expect(answered == forwarded.count, "the one before is answered")
          forwarded.append(head.uri)
        case .forward: break
        case .removeDecoder: machine.decoderRemoved()
        case .decide:
          handshakes += 1
          if Bool.random(using: &random) { machine.accepted() } else { machine.refuse(.notHTTP, at: now + .seconds(1)) }
        case .writeContinue, .reply, .closeAfterWrites, .close: break
        }
      }
    }
    #expect(forwarded == (0..<forwarded.count).map { "/\($0 + 1)" })
    #expect(handshakes <= 1)
    // Whatever it came to, it ends by itself once the application has answered.
    var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
    for _ in 0..<400 {
      if machine.responds(&head) { _ = machine.responseEnds(at: now) }
      while let action = machine.next(isWritable: true, at: now) {
        if case .removeDecoder = action { machine.decoderRemoved() }
        if case .decide = action { machine.accepted() }
      }
      now = now + .seconds(1)
      _ = machine.deadlinePassed(at: now)
    }
    switch machine.state {
    case .closed, .upgraded: break
    case let state: Issue.record("still \(state)")
    }
  }

  private static func head(_ path: String) -> HTTPRequestHead {
    HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: ["host": "h"])
  }

  private static let handshake = HTTPRequestHead(
    version: .http1_1, method: .GET, uri: "/ws",
    headers: [
      "host": "h", "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ])

  @Test(arguments: seeds) func `mutated requests, in any pieces, end in answers or a close`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let samples =
      [
        ServerHarness.handshake(), ServerHarness.get("/a"), ServerHarness.get("/a", method: "HEAD"),
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "GET http://h/ws HTTP/1.1\r\nHost: h\r\n\r\n",
      ].map { Array($0.utf8) } + [TestFrame.text("hello").bytes, TestFrame.close(1000).bytes]
    for _ in 0..<20 {
      let server = try ServerHarness(refusesAfter: Int.random(in: 0..<4, using: &random) == 0 ? .seconds(1) : nil)
      server.answersAtOnce = Bool.random(using: &random)
      var bytes = (0..<Int.random(in: 1...6, using: &random)).flatMap { _ in samples.randomElement(using: &random) ?? [] }
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = [0, 9, 10, 13, 32, 58, 255].randomElement(using: &random) ?? 0
        case 1: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
        default: bytes.remove(at: place)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...(Bool.random(using: &random) ? 8 : 400), using: &random))
        rest = rest.dropFirst(piece.count)
        try server.receive(Array(piece))
        if Bool.random(using: &random) { server.answer() }
      }
      if Bool.random(using: &random) { server.closeInput() }
      for _ in 0..<20 { server.answer() }
      server.advance(.minutes(5))
      if server.webSockets.isEmpty { #expect(!server.channel.isActive, "it ends by itself") }
    }
  }
}
