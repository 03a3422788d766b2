import NIOCore
import Testing
import VoiceCore

@testable import VoiceTransport

@Suite struct HandshakeAnswerTests {
  private func parse(_ text: String) -> (HandshakeAnswer.Parsing, rest: String) {
    var input = ByteBuffer(string: text)
    let parsing = HandshakeAnswer.parse(&input)
    return (parsing, String(buffer: input))
  }

  @Test func `a head is read, and what follows it is left`() {
    let (parsing, rest) = parse("HTTP/1.1 101 Switching Protocols\r\nUpgrade:websocket\r\nX-Two:  a b \t\r\n\r\n\u{1}frame")
    guard case .head(let head) = parsing else {
      Issue.record("no head")
      return
    }
    #expect(head.status == 101 && head.values("upgrade") == ["websocket"] && head.values("x-two") == ["a b"])
    #expect(rest == "\u{1}frame")
  }

  @Test func `a head in pieces is incomplete until its last byte`() {
    let text = "HTTP/1.1 200\r\nA: b\r\n\r\n"
    for count in 0..<text.utf8.count { #expect(parse(String(text.utf8.prefix(count)) ?? "").0 == .incomplete) }
    guard case .head = parse(text).0 else {
      Issue.record("no head")
      return
    }
  }

  @Test(arguments: [
    "HTTP/1.0 101 OK\r\n\r\n", "HTTP/2 101\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 1010\r\n\r\n",
    "junk\r\n\r\n",
    "HTTP/1.1 101 x\r\nno colon\r\n\r\n", "HTTP/1.1 101 x\r\nbad name: y\r\n\r\n", "HTTP/1.1 101 x\r\n: y\r\n\r\n",
    "HTTP/1.1 101 x\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 101 x\r\nA: b\u{0}c\r\n\r\n",
  ])
  func `what is no head of HTTP 1.1 is refused`(text: String) {
    guard case .invalid = parse(text).0 else {
      Issue.record("taken")
      return
    }
  }

  @Test func `a head without end is refused at its limit`() {
    guard case .invalid = parse("HTTP/1.1 101 x\r\nA: " + String(repeating: "b", count: 20_000)).0 else {
      Issue.record("taken")
      return
    }
  }

  private func error(_ head: String, _ parts: String...) throws -> (message: String, isWhole: Bool) {
    guard case .head(let head) = parse(head).0 else { throw RealtimeConnectError(.refused, "no head") }
    var body = HTTPErrorBody(head)
    var isWhole = false
    for part in parts { isWhole = body.append(ByteBuffer(string: part)) }
    #expect(body.error.status == head.status)
    return (body.error.message, isWhole)
  }

  @Test func `a refusal names its status and the beginning of its body`() throws {
    let head = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\n"
    #expect(try error(head, "no such", " key!") == ("HTTP 401: no such key!", true))
    #expect(try error(head, "no") == ("HTTP 401: no", false))
    #expect(try error("HTTP/1.1 500 x\r\n\r\n", "").message == "HTTP 500")
  }

  @Test func `a chunked body is read without its framing`() throws {
    let head = "HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(try error(head, "5\r\nhello\r\n", "6;x=y\r\n world\r\n", "0\r\n\r\n") == ("HTTP 403: hello world", true))
    #expect(try error(head, "ffffffffff\r\nhello").message == "HTTP 403")
    #expect(try error(head, "-5\r\nhello").message == "HTTP 403")
  }

  @Test func `an endless body is cut, and its control characters are blanked`() throws {
    let long = try error("HTTP/1.1 500 x\r\n\r\n", String(repeating: "a\u{1}\n", count: 5_000))
    #expect(long.isWhole)
    #expect(long.message.count == "HTTP 500: ".count + 200)
    #expect(long.message.utf8.allSatisfy { $0 >= 0x20 })
  }
}
