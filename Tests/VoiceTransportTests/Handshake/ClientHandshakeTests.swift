import HTTPTypes
import NIOCore
import Testing
import VoiceCore

@testable import VoiceTransport

@Suite struct ClientHandshakeTests {
  private let key = WebSocketKey(random: Array("the sample nonce".utf8))

  private func handshake(_ headers: HTTPFields = [:]) throws -> ClientHandshake {
    try ClientHandshake(url: #require(WebSocketURL("ws://example.com:81/chat?q=1")), key: key, headers: headers)
  }

  private func fault(_ lines: String, _ headers: HTTPFields = [:]) throws -> RealtimeConnectError? {
    var input = ByteBuffer(string: "HTTP/1.1 101 x\r\n" + lines + "\r\n")
    guard case .head(let head) = HandshakeAnswer.parse(&input) else { throw RealtimeConnectError(.invalidUpgrade, "no head") }
    return try handshake(headers).fault(of: head)
  }

  private let good = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

  @Test func `the request says what the RFC asks for, and the caller's own fields`() throws {
    let request = try handshake([.authorization: "Bearer key", .secWebSocketProtocol: "realtime"]).request
    #expect(
      String(buffer: request)
        == "GET /chat?q=1 HTTP/1.1\r\nHost: example.com:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        + "Authorization: Bearer key\r\nSec-WebSocket-Protocol: realtime\r\n\r\n")
  }

  @Test func `fields that belong to the handshake are refused`() throws {
    for name in ["Host", "Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"] {
      let field = try #require(HTTPField.Name(name))
      #expect(throws: RealtimeConnectError.self) { try handshake([field: "x"]) }
    }
  }

  @Test func `a sound answer is taken`() throws {
    #expect(try fault(good) == nil)
    #expect(try fault(good + "Sec-WebSocket-Protocol: realtime\r\n", [.secWebSocketProtocol: "other, realtime"]) == nil)
  }

  @Test(arguments: [
    "", "Upgrade: websocket\r\nConnection: Upgrade\r\n",
    "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    "Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
  ])
  func `an answer without the right tokens and proof is refused`(lines: String) throws {
    #expect(try fault(lines)?.code == .invalidUpgrade)
  }

  @Test func `extensions and subprotocols that were not offered are refused`() throws {
    #expect(try fault(good + "Sec-WebSocket-Extensions: permessage-deflate\r\n")?.code == .invalidUpgrade)
    #expect(try fault(good + "Sec-WebSocket-Protocol: realtime\r\n")?.code == .invalidUpgrade)
    #expect(
      try fault(good + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n", [.secWebSocketProtocol: "a"])?.code == .invalidUpgrade)
  }
}
