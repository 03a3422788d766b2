import NIOCore
import NIOEmbedded
import Testing
import VoiceCore

@testable import VoiceTransport

@Suite struct ConnectionEndingTests {
  private let bye = WebSocketClosure(code: 1000, reason: "bye")

  @Test func `closing sends what is queued, then the close frame, and ends with the peer's echo`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.send(RealtimeMessage(ByteBuffer(string: "last words")))
    harness.connection.close(bye)
    #expect(try harness.sent() == [.text("last words"), .close(bye)])
    #expect(harness.delegate.closures == [])
    try harness.receive(.text("too late"), .close(1000, "bye"))
    harness.run()
    #expect(harness.delegate.messages.isEmpty)
    #expect(harness.delegate.closures == [bye])
    #expect(!harness.channel.isActive)
  }

  @Test func `nothing is sent after the close frame`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.close(bye)
    harness.connection.close(WebSocketClosure(code: 1011))
    harness.connection.send(RealtimeMessage(ByteBuffer(string: "more")))
    harness.connection.flush()
    try harness.receive(.ping())
    #expect(try harness.sent() == [.close(bye)])
  }

  @Test func `a peer that does not echo is dropped after the close timeout`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.close(bye)
    harness.advance(.milliseconds(4_999))
    #expect(harness.channel.isActive)
    harness.advance(.milliseconds(1))
    harness.run()
    #expect(!harness.channel.isActive)
    #expect(harness.delegate.closures == [bye])
  }

  @Test func `a peer's close is echoed with its code, and the owner hears it at once`() throws {
    let harness = try ConnectionHarness(role: .server)
    try harness.receive(.text("before"), .close(4001, "done"), .text("after"))
    #expect(harness.delegate.texts == ["before"])
    #expect(harness.delegate.closures == [WebSocketClosure(code: 4001, reason: "done")])
    harness.run()
    #expect(try harness.sent() == [.close(WebSocketClosure(code: 4001, reason: "done"))])
    #expect(!harness.channel.isActive)
  }

  @Test func `a close without a status is echoed without one`() throws {
    let harness = try ConnectionHarness(role: .client)
    try harness.receive(TestFrame(opcode: 8, key: nil))
    #expect(harness.delegate.closures == [.noStatus])
    #expect(try harness.sent() == [.close(.noStatus)])
  }

  @Test(
    arguments: [
      (TestFrame.text("x").unmasked, 1002), (TestFrame(opcode: 1, payload: [0xFF]), 1007),
      (TestFrame(opcode: 2, lengthBytes: [127, 0, 0, 0, 0, 1, 0, 0, 0]), 1009),
    ] as [(TestFrame, UInt16)])
  func `a violation is answered with its code, and the rest is not read`(frame: TestFrame, code: UInt16) throws {
    var configuration = WebSocketConfiguration()
    configuration.maxMessageBytes = 1_000
    let harness = try ConnectionHarness(role: .server, configuration: configuration)
    try harness.receive(.text("good"))
    try harness.receive(frame)
    try harness.receive(.text("ignored"), .ping())
    #expect(harness.delegate.texts == ["good"])
    #expect(harness.delegate.closures.map(\.code) == [code])
    guard case .close(let closure)? = try harness.sent().first else {
      Issue.record("no close frame")
      return
    }
    #expect(closure.code == code)
  }

  @Test func `an owner that hears of a violation may have the last word`() throws {
    let harness = try ConnectionHarness(role: .server)
    let closure = WebSocketClosure(code: 1009, reason: "shorter, please")
    harness.delegate.onFailure = {
      harness.connection.send(RealtimeMessage(ByteBuffer(string: "too large")))
      harness.connection.close(closure)
    }
    try harness.receive(TestFrame.text("x").unmasked)
    #expect(harness.delegate.failures == [ProtocolViolation.unmasked.closure])
    #expect(try harness.sent() == [.text("too large"), .close(closure)])
    #expect(harness.delegate.closures == [closure])
  }

  @Test func `a violation after the close frame is nobody's business`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.close(bye)
    try harness.receive(TestFrame.text("x").unmasked)
    #expect(harness.delegate.failures == [])
    #expect(harness.delegate.closures == [bye])
  }

  /// What a peer that resets behind its last words makes of the answer to them.
  private final class DeadWire: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    func flush(context: ChannelHandlerContext) { context.close(promise: nil) }
  }

  @Test(arguments: [(TestFrame.close(1000), 1000), (TestFrame.text("x").unmasked, 1002)] as [(TestFrame, UInt16)])
  func `an owner is told of the end when the answer to it finds TCP gone`(frame: TestFrame, code: UInt16) throws {
    let harness = try ConnectionHarness(role: .server)
    try harness.channel.pipeline.syncOperations.addHandler(DeadWire(), position: .first)
    try? harness.receive(frame)
    #expect(harness.delegate.closures.map(\.code) == [code])
    harness.run()
    #expect(harness.delegate.closures.count == 1)
  }

  @Test func `a peer that is gone without a word closes with 1006`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    harness.run()
    #expect(!harness.channel.isActive)
    #expect(harness.delegate.closures == [.abnormal])
  }

  @Test func `an abort sends nothing and closes with 1006`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.connection.abort()
    harness.run()
    #expect(try harness.sentBytes() == [])
    #expect(harness.delegate.closures == [.abnormal])
  }

  @Test func `an error of the channel closes it`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.channel.pipeline.fireErrorCaught(ChannelError.inputClosed)
    harness.run()
    #expect(harness.delegate.closures == [.abnormal])
  }

  @Test func `queued bytes that never move abort the connection`() throws {
    var configuration = WebSocketConfiguration()
    configuration.pingInterval = nil
    let harness = try ConnectionHarness(role: .server, configuration: configuration)
    harness.connection.send(RealtimeMessage(ByteBuffer(string: "stuck")))
    harness.channel.isWritable = false
    harness.channel.pipeline.fireChannelWritabilityChanged()
    harness.advance(.seconds(29))
    #expect(harness.channel.isActive)
    harness.advance(.seconds(1))
    harness.run()
    #expect(!harness.channel.isActive)
    #expect(harness.delegate.closures == [.abnormal])
  }

  @Test func `an owner may close from within a message, and gets nothing more`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.delegate.onMessage = { _ in harness.connection.close(WebSocketClosure(code: 1008)) }
    try harness.receive(.text("one"), .text("two"))
    #expect(harness.delegate.texts == ["one"])
    #expect(try harness.sent() == [.close(WebSocketClosure(code: 1008))])
  }

  @Test func `an owner may abort from within a message, and gets nothing more`() throws {
    let harness = try ConnectionHarness(role: .server)
    harness.delegate.onMessage = { _ in harness.connection.abort() }
    try harness.receive(.text("one"), .text("two"))
    harness.run()
    #expect(harness.delegate.texts == ["one"])
    #expect(harness.delegate.closures == [.abnormal])
  }
}
