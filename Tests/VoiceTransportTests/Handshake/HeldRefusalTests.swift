import HTTPTypes
import NIOCore
import NIOEmbedded
import Testing
import VoiceTransport

struct HeldRefusalTests {
  private let channel = EmbeddedChannel()

  private static func everything(_ path: Substring) -> Bool { true }

  private func request() throws {
    let upgrader = WebSocketUpgrader(isWebSocketPath: Self.everything) { _, _ in
      .refuse(.error(.serviceUnavailable, code: "at_capacity", message: "Too many"), after: .seconds(20))
    }
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    try upgrader.configure(channel, isSecure: false) { _ in }
    try channel.writeInbound(
      ByteBuffer(
        string: "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
  }

  private var written: String {
    get throws {
      var text = ""
      while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
      return text
    }
  }

  @Test func `a refusal that is held back is written when its time has come, past the handshake's deadline too`() throws {
    try request()
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(19_999))
    #expect(try written == "" && channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
    #expect(try written.hasPrefix("HTTP/1.1 503"))
    channel.embeddedEventLoop.advanceTime(by: .seconds(2))
    #expect(!channel.isActive)
  }

  @Test func `a client that has left is not written to`() throws {
    try request()
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    #expect(!channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(30))
    #expect(try written == "")
  }
}
