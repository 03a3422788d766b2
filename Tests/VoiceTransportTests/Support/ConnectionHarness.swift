import NIOCore
import NIOEmbedded
import VoiceCore

@testable import VoiceTransport

/// A connection on a channel in memory, whose clock the test turns.
struct ConnectionHarness {
  let channel = EmbeddedChannel()
  let connection: WebSocketConnection
  let delegate = RecordingDelegate()

  init(role: WebSocketRole, configuration: WebSocketConfiguration = WebSocketConfiguration()) throws {
    connection = WebSocketConnection(role: role, configuration: configuration, isSecure: false)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try channel.pipeline.syncOperations.addHandler(connection)
    connection.start(delegate)
  }

  func receive(_ frames: TestFrame...) throws { try receive(frames.flatMap(\.bytes)) }

  func receive(_ bytes: [UInt8]) throws {
    try channel.writeInbound(ByteBuffer(bytes: bytes))
  }

  /// All bytes flushed since the last call.
  func sentBytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
    return bytes
  }

  /// What the peer would read from them.
  func sent() throws -> [WebSocketFrameStateMachine.Event] {
    var peer = WebSocketFrameStateMachine(role: connection.role == .server ? .client : .server, maxMessageBytes: 1 << 24, maxFragments: 16)
    return try peer.receive(sentBytes())
  }

  func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
  func run() { channel.embeddedEventLoop.run() }
}
