import NIOCore
import NIOPosix
import NIOSSL
import Testing
import VoiceCore

@testable import VoiceTransport

/// Waits on futures by blocking: the thread sanitizer takes the runtime's continuations for races.
@Suite struct DirectWriterTests {
  /// Sizes from nothing to more than the socket and the masking room take, one or two of them a flush.
  private static let payloads = (0..<60).map { index in
    [UInt8](repeating: UInt8(index), count: index * 997 + (index.isMultiple(of: 7) ? 300_000 : 0))
  }

  @Test(arguments: [WebSocketRole.server, .client])
  func `frames arrive whole and in order though the socket takes some of them in parts`(role: WebSocketRole) throws {
    let pair = try SocketPair()
    let channel = try Self.channel(role, on: pair.near)
    try channel.eventLoop.submit {
      let connection = try channel.pipeline.syncOperations.handler(type: WebSocketConnection.self)
      connection.start(RecordingDelegate())
      for (index, payload) in Self.payloads.enumerated() {
        connection.send(RealtimeMessage(ByteBuffer(bytes: payload), isText: false))
        if !index.isMultiple(of: 3) { connection.flush() }
      }
      connection.flush()
    }.wait()

    var frames = role == .server ? WebSocketFrameStateMachine.client() : .server()
    var messages: [[UInt8]] = []
    while messages.count < Self.payloads.count {
      for event in frames.receive(try pair.readFar()) {
        guard case .message(let message) = event else { throw SocketPair.Failure(call: "\(event)") }
        messages.append(Array(message.bytes.readableBytesView))
      }
    }
    #expect(messages == Self.payloads)
    try channel.close().wait()
  }

  @Test func `a lone frame never enters the channel, and what stands before it there goes first`() throws {
    let pair = try SocketPair()
    let channel = try Self.channel(.server, on: pair.near)
    try channel.eventLoop.submit {
      let connection = try channel.pipeline.syncOperations.handler(type: WebSocketConnection.self)
      connection.start(RecordingDelegate())
      connection.write(raw: ByteBuffer(string: "head"))
      connection.send(RealtimeMessage(ByteBuffer(string: "one")))
      connection.flush()
      #expect(connection.channelMayHoldBytes)
      connection.send(RealtimeMessage(ByteBuffer(string: "two")))
      connection.flush()
      #expect(!connection.channelMayHoldBytes)
      #expect(connection.bufferedBytes == 0)
    }.wait()
    let expected = Array("head".utf8) + TestFrame.text("one").unmasked.bytes + TestFrame.text("two").unmasked.bytes
    var received: [UInt8] = []
    while received.count < expected.count { received += try pair.readFar() }
    #expect(received == expected)
    try channel.close().wait()
  }

  /// By the time that a close tells who waited for it, the descriptor may be another connection's.
  @Test func `nothing goes to the descriptor of a connection that is closing`() throws {
    let pair = try SocketPair()
    let channel = try Self.channel(.server, on: pair.near)
    let closed = channel.eventLoop.makePromise(of: Void.self)
    let wasDirect = try channel.eventLoop.submit {
      let connection = try channel.pipeline.syncOperations.handler(type: WebSocketConnection.self)
      connection.start(RecordingDelegate())
      let wasDirect = connection.direct != nil
      closed.futureResult.assumeIsolated().whenComplete { _ in
        #expect(connection.direct == nil)
        connection.send(RealtimeMessage(ByteBuffer(string: "too late")))
        connection.flush()
      }
      channel.close(promise: closed)
      return wasDirect
    }.wait()
    #expect(wasDirect)
    try closed.futureResult.wait()
  }

  @Test func `nothing passes a TLS handler by, whoever put it there`() throws {
    let pair = try SocketPair()
    let tls = try NIOSSLContext(configuration: .makeClientConfiguration())
    let channel = try Self.channel(.client, on: pair.near) { channel in
      try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
    }
    let isDirect = try channel.eventLoop.submit {
      try channel.pipeline.syncOperations.handler(type: WebSocketConnection.self).direct != nil
    }.wait()
    #expect(!isDirect)
    try channel.close().wait()
  }

  private static func channel(
    _ role: WebSocketRole, on socket: NIOBSDSocket.Handle, below: @escaping @Sendable (any Channel) throws -> Void = { _ in }
  ) throws -> any Channel {
    try ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try below(channel)
        try channel.pipeline.syncOperations.addHandler(
          WebSocketConnection(role: role, configuration: WebSocketConfiguration(), isSecure: false))
      }
    }.withConnectedSocket(socket).wait()
  }
}
