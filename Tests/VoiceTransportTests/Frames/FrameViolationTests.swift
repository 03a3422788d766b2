import NIOCore
import Testing
import VoiceCore

@testable import VoiceTransport

@Suite struct FrameViolationTests {
  @Test(arguments: [1, 2, 4, 7] as [UInt8]) func `a frame with reserved bits is refused`(bits: UInt8) {
    var machine = WebSocketFrameStateMachine.server()
    var frame = TestFrame.text("x")
    frame.reserved = bits
    #expect(machine.receive(frame) == [.violation(.reservedBits)])
  }

  @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]) func `a reserved opcode is refused`(opcode: UInt8) {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: opcode)) == [.violation(.reservedOpcode)])
  }

  @Test func `a server refuses frames that are not masked, a client those that are`() {
    var server = WebSocketFrameStateMachine.server()
    #expect(server.receive(TestFrame.text("x").unmasked) == [.violation(.unmasked)])
    var client = WebSocketFrameStateMachine.client()
    #expect(client.receive(.text("x")) == [.violation(.masked)])
  }

  @Test(arguments: [8, 9, 10] as [UInt8]) func `control frames are whole and short`(opcode: UInt8) {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: opcode, isFinal: false)) == [.violation(.fragmentedControl)])
    machine = .server()
    #expect(machine.receive(TestFrame(opcode: opcode, payload: [UInt8](repeating: 0x61, count: 126))) == [.violation(.longControl)])
  }

  @Test func `a ping of 125 bytes is not too long`() {
    var machine = WebSocketFrameStateMachine.server()
    guard case .ping(let payload)? = machine.receive(TestFrame(opcode: 9, payload: [UInt8](repeating: 7, count: 125))).first else {
      Issue.record("no ping")
      return
    }
    #expect(payload.readableBytes == 125)
  }

  @Test func `a continuation needs a message to continue`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.more("x")) == [.violation(.strayContinuation)])
    machine = .server()
    #expect(machine.receive(.text("a", isFinal: false), .more("b"), .more("c")) == [.text("ab"), .violation(.strayContinuation)])
  }

  @Test func `a message must not begin inside another`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.text("a", isFinal: false), .text("b")) == [.violation(.interleaved)])
    machine = .server()
    #expect(machine.receive(.text("a", isFinal: false), .binary([1])) == [.violation(.interleaved)])
  }

  @Test func `a length must be in its shortest form`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: 1, lengthBytes: [126, 0, 125])) == [.violation(.longLength)])
    machine = .server()
    #expect(machine.receive(TestFrame(opcode: 1, lengthBytes: [127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])) == [.violation(.longLength)])
  }

  @Test func `a length with its top bit set is refused`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: 2, lengthBytes: [127, 0x80, 0, 0, 0, 0, 0, 0, 0])) == [.violation(.hugeLength)])
  }

  @Test func `a frame over the limit is refused by its header alone`() {
    var machine = WebSocketFrameStateMachine.server(maxMessageBytes: 100)
    #expect(machine.receive(TestFrame(opcode: 2, lengthBytes: [101])) == [.violation(.tooLarge)])
    machine = .server(maxMessageBytes: 100)
    #expect(machine.receive(TestFrame(opcode: 2, lengthBytes: [127, 0x7F, 0, 0, 0, 0, 0, 0, 0])) == [.violation(.tooLarge)])
  }

  @Test func `fragments over the limit together are refused by the header that exceeds it`() {
    var machine = WebSocketFrameStateMachine.server(maxMessageBytes: 10)
    #expect(machine.receive(.text("12345", isFinal: false), .more("67890")) == [.text("1234567890")])
    #expect(machine.receive(.text("12345", isFinal: false), TestFrame(opcode: 0, lengthBytes: [6])) == [.violation(.tooLarge)])
  }

  @Test func `too many fragments are refused, empty ones too`() {
    var machine = WebSocketFrameStateMachine.server(maxFragments: 3)
    #expect(machine.receive(.text("a", isFinal: false), .more("b", isFinal: false), .more("c")) == [.text("abc")])
    let empty = TestFrame.more("", isFinal: false)
    #expect(machine.receive(.text("a", isFinal: false), empty, empty, empty) == [.violation(.tooManyFragments)])
  }

  @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16])
  func `a close code that must not be sent is refused`(code: UInt16) {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.close(code)) == [.violation(.closeCode)])
  }

  @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] as [UInt16])
  func `a close code that may be sent is taken`(code: UInt16) {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(.close(code, "why")) == [.close(WebSocketClosure(code: code, reason: "why"))])
  }

  @Test func `a close payload of one byte, or with a reason that is not UTF-8, is refused`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: 8, payload: [3])) == [.violation(.closePayload)])
    machine = .server()
    #expect(machine.receive(TestFrame(opcode: 8, payload: [3, 0xE8, 0xC3])) == [.violation(.invalidUTF8)])
  }

  @Test func `bad UTF-8 is refused before the frame that holds it has ended`() {
    var machine = WebSocketFrameStateMachine.server()
    let bytes = TestFrame(opcode: 1, payload: Array("abc".utf8) + [0xC0] + [UInt8](repeating: 0x61, count: 1_000)).bytes
    #expect(machine.receive(bytes[..<20]) == [.violation(.invalidUTF8)])
  }

  @Test func `bad UTF-8 in a whole frame is refused`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: 1, payload: [0xED, 0xA0, 0x80])) == [.violation(.invalidUTF8)])
    var client = WebSocketFrameStateMachine.client()
    #expect(client.receive(TestFrame(opcode: 1, payload: [0xE2, 0x82], key: nil)) == [.violation(.invalidUTF8)])
  }

  @Test func `nothing is read after a violation`() {
    var machine = WebSocketFrameStateMachine.server()
    #expect(machine.receive(TestFrame(opcode: 3), .text("x")) == [.violation(.reservedOpcode)])
    #expect(machine.receive(.text("x")) == [])
  }

  @Test func `each violation closes with the code that the RFC names`() {
    #expect(ProtocolViolation.reservedBits.closure.code == 1002)
    #expect(ProtocolViolation.invalidUTF8.closure.code == 1007)
    #expect(ProtocolViolation.tooLarge.closure.code == 1009)
    #expect(ProtocolViolation.tooManyFragments.closure.code == 1008)
  }
}
