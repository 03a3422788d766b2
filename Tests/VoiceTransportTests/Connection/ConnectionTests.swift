import NIOCore
import NIOEmbedded
import Testing
import VoiceCore

@testable import VoiceTransport

@Suite struct ConnectionTests {
  @Test func `messages reach the owner, and the end of the read too`() throws {
    let harness = try ConnectionHarness(role: .server)
    try harness.receive(.text("one"), .text("two"))
    #expect(harness.delegate.texts == ["one", "two"])
    #expect(harness.delegate.readsCompleted == 1)
  }

  @Test func `frames that are no message are counted, since each costs what a message costs`() throws {
    let harness = try ConnectionHarness(role: .server)
    try harness.receive(.text("a"), .ping("x"), .ping(), .pong(), .text("b", isFinal: false), .more("c", isFinal: false), .more("d"))
    #expect(harness.delegate.otherFrames == [5])
    try harness.receive(.text("e"))
    #expect(harness.delegate.otherFrames == [5])
    try harness.receive(.ping())
    #expect(harness.delegate.otherFrames == [5, 1])
  }

  @Test func `nothing moves before the flush`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.send(RealtimeMessage(ByteBuffer(string: "a")))
    harness.connection.send(RealtimeMessage(ByteBuffer(bytes: [1]), isText: false))
    #expect(try harness.sentBytes() == [])
    harness.connection.flush()
    #expect(try harness.sent() == [.text("a"), .binary([1])])
  }

  @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 200_000]) func `messages of every size cross both ways unchanged`(count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for role in [WebSocketRole.server, .client] {
      let harness = try ConnectionHarness(role: role)
      harness.connection.send(RealtimeMessage(ByteBuffer(bytes: payload), isText: false))
      harness.connection.flush()
      #expect(try harness.sent() == [.binary(payload)])
    }
  }

  @Test func `a message that a server sent goes on to the client in the bytes that came`() throws {
    let upstream = try ConnectionHarness(role: .client)
    let client = try ConnectionHarness(role: .server)
    upstream.delegate.onMessage = { client.connection.send($0) }
    let frames = [TestFrame.text("{}"), .text(String(repeating: "x", count: 300)), .binary([UInt8](repeating: 9, count: 70_000))]
    let bytes = frames.flatMap(\.unmasked.bytes)
    try upstream.receive(bytes)
    client.connection.flush()
    #expect(try client.sentBytes() == bytes)
  }

  @Test func `a message that the owner changed goes out with a header of its own`() throws {
    let upstream = try ConnectionHarness(role: .client)
    let client = try ConnectionHarness(role: .server)
    upstream.delegate.onMessage = { message in
      var changed = message
      changed.bytes.writeString(String(repeating: "!", count: 200))
      client.connection.send(changed)
      client.connection.send(message)
    }
    try upstream.receive(TestFrame.text("first").unmasked, TestFrame.text("second").unmasked)
    client.connection.flush()
    let marks = String(repeating: "!", count: 200)
    #expect(try client.sent() == [.text("first" + marks), .text("first"), .text("second" + marks), .text("second")])
  }

  @Test func `a client masks with a new key each time`() throws {
    let harness = try ConnectionHarness(role: .client)
    for _ in 0..<50 { harness.connection.send(RealtimeMessage(ByteBuffer(string: "same"))) }
    harness.connection.flush()
    let bytes = try harness.sentBytes()
    let keys = stride(from: 2, to: bytes.count, by: 10).map { Array(bytes[$0..<$0 + 4]) }
    #expect(Set(keys).count == 50)
    #expect(stride(from: 1, to: bytes.count, by: 10).allSatisfy { bytes[$0] == 0x84 })
  }

  @Test func `pings are answered with their payload, behind what is queued`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.send(RealtimeMessage(ByteBuffer(string: "first")))
    try harness.receive(.ping("payload"))
    #expect(try harness.sentBytes() == TestFrame.text("first").unmasked.bytes + TestFrame.pong("payload").unmasked.bytes)
    #expect(harness.delegate.messages.isEmpty)
  }

  @Test func `a peer that pings and does not read gets a pong for its last ping alone`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.channel.isWritable = false
    harness.channel.pipeline.fireChannelWritabilityChanged()
    try harness.receive(.ping("first"), .ping("second"))
    try harness.receive(.ping("last"))
    #expect(try harness.sentBytes() == [])
    harness.channel.isWritable = true
    harness.channel.pipeline.fireChannelWritabilityChanged()
    #expect(try harness.sentBytes() == TestFrame.pong("last").unmasked.bytes)
    try harness.receive(.ping("more"))
    #expect(try harness.sentBytes() == TestFrame.pong("more").unmasked.bytes)
  }

  @Test func `bytes that come before the owner is ready wait for it`() throws {
    let harness = try ConnectionHarness(role: .client)
    let late = RecordingDelegate()
    let connection = WebSocketConnection(role: .client, configuration: WebSocketConfiguration(), isSecure: false)
    try harness.channel.pipeline.syncOperations.addHandler(connection, position: .before(harness.connection))
    try harness.receive(TestFrame.text("early").unmasked)
    connection.start(late)
    #expect(late.texts == ["early"])
    #expect(late.readsCompleted == 1)
  }

  @Test func `buffered bytes count what is queued, header included`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.send(RealtimeMessage(ByteBuffer(string: String(repeating: "x", count: 1_000))))
    #expect(harness.connection.bufferedBytes == 1_004)
  }

  @Test func `the watermarks are the channel's`() throws {
    var configuration = WebSocketConfiguration()
    configuration.highWatermark = 5_000
    configuration.lowWatermark = 100
    let harness = try ConnectionHarness(role: .server, configuration: configuration)
    let mark = try harness.channel.syncOptions?.getOption(.writeBufferWaterMark)
    #expect(mark?.low == 100)
    #expect(mark?.high == 5_000)
    harness.channel.isWritable = false
    harness.channel.pipeline.fireChannelWritabilityChanged()
    harness.channel.isWritable = true
    harness.channel.pipeline.fireChannelWritabilityChanged()
    #expect(harness.delegate.writability == [false, true])
  }

  @Test func `heartbeats go out every 20 s, and a silent peer is dropped`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.advance(.seconds(20))
    #expect(try harness.sent() == [.ping(ByteBuffer())])
    try harness.receive(.pong())
    harness.advance(.seconds(20))
    #expect(try harness.sent() == [.ping(ByteBuffer())])
    harness.advance(.seconds(29))
    #expect(harness.channel.isActive)
    harness.advance(.seconds(1))
    harness.run()
    #expect(!harness.channel.isActive)
    #expect(harness.delegate.closures == [.abnormal])
  }

  @Test func `a peer that this side does not read from is not held to be dead`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.setReading(false)
    harness.advance(.seconds(300))
    #expect(harness.channel.isActive)
  }

  @Test func `without a ping interval nothing is sent`() throws {
    var configuration = WebSocketConfiguration()
    configuration.pingInterval = nil
    let harness = try ConnectionHarness(role: .client, configuration: configuration)
    harness.advance(.minutes(60))
    #expect(try harness.sentBytes() == [])
    #expect(harness.channel.isActive)
  }
}
