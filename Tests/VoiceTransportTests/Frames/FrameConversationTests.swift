import NIOCore
import Testing
import VoiceCore

@testable import VoiceTransport

@Suite struct FrameConversationTests {
  @Test func `a masked text frame becomes a message`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.text("Hello")) == [.text("Hello")])
  }

  @Test func `the RFC's own masked example reads as Hello`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]) == [.text("Hello")])
  }

  @Test func `an unmasked frame of a server becomes a message that still lies behind its header`() throws {
    var machine = WebSocketFrameStateMachine.client()
    let events = machine.receive(TestFrame.text("Hello").unmasked)
    guard case .message(let message)? = events.first else {
      Issue.record("no message")
      return
    }
    #expect(events.count == 1)
    #expect(String(buffer: message.bytes) == "Hello")
    var whole = message.bytes
    whole.moveReaderIndex(to: whole.readerIndex - 2)
    #expect(whole.readableBytesView.elementsEqual([0x81, 0x05] + Array("Hello".utf8)))
  }

  @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]) func `every form of the length is read`(count: Int) {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    var server = WebSocketFrameStateMachine.server()
    #expect(server.receive(.binary(payload)) == [.binary(payload)])
    var client = WebSocketFrameStateMachine.client()
    #expect(client.receive(TestFrame.binary(payload).unmasked) == [.binary(payload)])
  }

  @Test func `fragments become one message, with control frames between them as they come`() {
    var machine = WebSocketFrameStateMachine.server()
    let events = machine.receive(
      .text("Hel", isFinal: false), .ping("a"), .more("", isFinal: false), .pong(), .more("lo"), .binary([1, 2]))
    #expect(events == [.ping(ByteBuffer(string: "a")), .pong, .text("Hello"), .binary([1, 2])])
  }

  @Test func `one byte at a time gives the same`() {
    var machine = WebSocketFrameStateMachine.server()
    let bytes = [TestFrame.text("Grü", isFinal: false), .ping("ping"), .more("ße"), .close(1000, "bye")].flatMap(\.bytes)
    let events = bytes.flatMap { machine.receive([$0]) }
    #expect(events == [.ping(ByteBuffer(string: "ping")), .text("Grüße"), .close(WebSocketClosure(code: 1000, reason: "bye"))])
  }

  @Test func `nothing is read after a close frame`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.close(1001), .text("late")) == [.close(WebSocketClosure(code: 1001))])
    #expect(machine.receive(.text("later")) == [])
  }

  @Test func `an empty close frame has no status`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: 8)) == [.close(.noStatus)])
  }

  @Test func `a close frame inside a fragmented message ends it`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.text("half", isFinal: false), .close(1000)) == [.close(WebSocketClosure(code: 1000))])
  }

  @Test func `a character may be cut between fragments, not at the end of the message`() {
    let euro = Array("€".utf8)
    var machine = WebSocketFrameStateMachine.server()
    let first = TestFrame(opcode: 1, payload: [euro[0]], isFinal: false)
    #expect(machine.receive(first, TestFrame(opcode: 0, payload: Array(euro[1...]))) == [.text("€")])
    #expect(machine.receive(first, TestFrame(opcode: 0, payload: [euro[1]])) == [.violation(.invalidUTF8)])
  }

  @Test func `binary messages may hold any bytes`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.binary([0xFF, 0xFE, 0xC0])) == [.binary([0xFF, 0xFE, 0xC0])])
  }

  @Test func `a short message does not keep a large read buffer alive`() {
    var machine = WebSocketFrameStateMachine.client()
    var input = ByteBufferAllocator().buffer(capacity: 65_536)
    input.writeBytes(TestFrame.text("short").unmasked.bytes)
    guard case .message(let message)? = machine.next(from: &input) else {
      Issue.record("no message")
      return
    }
    #expect(message.bytes.storageCapacity < 128)
  }
}
