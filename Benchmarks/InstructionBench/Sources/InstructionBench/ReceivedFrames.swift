import NIOCore
import NIOEmbedded
import VoiceCore
import VoiceTransport

/// One masked frame of 3.2 KB through VoiceTransport, on a channel in memory: header, unmasking, UTF-8, the message to its owner.
enum ReceivedFrames {
  private final class Owner: RealtimeConnectionDelegate {
    private let bytes: NIOLoopBoundBox<Int>
    init(_ bytes: NIOLoopBoundBox<Int>) { self.bytes = bytes }
    func received(_ message: RealtimeMessage) { bytes.value += message.bytes.readableBytes }
    func readCompleted() {}
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {}
  }

  static func run(_ count: Int) throws {
    let channel = EmbeddedChannel()
    let received = NIOLoopBoundBox(0, eventLoop: channel.eventLoop)
    let upgrader = WebSocketUpgrader(isWebSocketPath: isWebSocketPath) { _, _ in
      .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { _, _ in Owner(received) }
    }
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    try upgrader.configure(channel, isSecure: false) { _ in preconditionFailure("this is no WebSocket") }
    try channel.writeInbound(
      ByteBuffer(
        string: "GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"))
    channel.embeddedEventLoop.run()
    let frame = masked(Messages.append)
    for _ in 0..<count { try channel.writeInbound(frame) }
    precondition(received.value == count * Messages.append.readableBytes)
  }

  private static func isWebSocketPath(_: Substring) -> Bool { true }

  private static func masked(_ payload: ByteBuffer) -> ByteBuffer {
    let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    var frame = ByteBuffer(bytes: [0x81, 0xFE])
    frame.writeInteger(UInt16(payload.readableBytes))
    frame.writeBytes(key)
    frame.writeBytes(payload.readableBytesView.enumerated().map { $1 ^ key[$0 % 4] })
    return frame
  }
}
