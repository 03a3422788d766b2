import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceTransport

@Suite struct CloseStateMachineTests {
  private let bye = WebSocketClosure(code: 1000, reason: "bye")
  private let theirs = WebSocketClosure(code: 1001, reason: "going")

  @Test func `a server that closes waits for the echo, then closes TCP first`() {
    var machine = CloseStateMachine(role: .server)
    #expect(machine.closeRequested(bye) == [.sendClose(bye), .startTimer])
    #expect(!machine.isOpen && machine.isListening)
    #expect(machine.closeReceived(bye) == [.notify(bye), .closeAfterWrites])
    #expect(!machine.isListening)
    #expect(machine.connectionLost() == [])
  }

  @Test func `a client that closes leaves TCP to the server`() {
    var machine = CloseStateMachine(role: .client)
    #expect(machine.closeRequested(bye) == [.sendClose(bye), .startTimer])
    #expect(machine.closeReceived(bye) == [.notify(bye), .shutdownAfterWrites])
  }

  @Test func `a peer that closes is echoed, and its words are the owner's`() {
    var server = CloseStateMachine(role: .server)
    #expect(server.closeReceived(theirs) == [.sendClose(theirs), .startTimer, .notify(theirs), .closeAfterWrites])
    var client = CloseStateMachine(role: .client)
    #expect(client.closeReceived(theirs) == [.sendClose(theirs), .startTimer, .notify(theirs), .shutdownAfterWrites])
    #expect(client.closeRequested(bye) == [], "too late to say something else")
  }

  @Test func `both close at once: each keeps its own word`() {
    var machine = CloseStateMachine(role: .server)
    _ = machine.closeRequested(bye)
    #expect(machine.closeReceived(theirs) == [.notify(bye), .closeAfterWrites])
  }

  @Test func `only the first close counts`() {
    var machine = CloseStateMachine(role: .server)
    _ = machine.closeRequested(bye)
    #expect(machine.closeRequested(theirs) == [])
  }

  @Test func `a violation is told, and TCP stays half open so that the frame arrives`() {
    var machine = CloseStateMachine(role: .server)
    let closure = ProtocolViolation.invalidUTF8.closure
    #expect(machine.violated(.invalidUTF8) == [.sendClose(closure), .startTimer, .notify(closure), .shutdownAfterWrites])
    #expect(!machine.isOpen && !machine.isListening)
  }

  @Test func `a violation after our close frame sends no second one`() {
    var machine = CloseStateMachine(role: .server)
    _ = machine.closeRequested(bye)
    #expect(machine.violated(.unmasked) == [.notify(bye), .shutdownAfterWrites])
  }

  @Test func `a connection that is lost ends with 1006, or with what was already said`() {
    var open = CloseStateMachine(role: .server)
    #expect(open.connectionLost() == [.notify(.abnormal)])
    #expect(open.connectionLost() == [])
    var closing = CloseStateMachine(role: .client)
    _ = closing.closeRequested(bye)
    #expect(closing.connectionLost() == [.notify(bye)])
  }

  @Test func `a drop closes TCP whatever state it meets, but the last`() {
    var machine = CloseStateMachine(role: .server)
    #expect(machine.dropped() == [.drop])
    _ = machine.closeRequested(bye)
    #expect(machine.dropped() == [.drop])
    _ = machine.closeReceived(bye)
    #expect(machine.dropped() == [.drop])
    _ = machine.connectionLost()
    #expect(machine.dropped() == [])
  }

  @Test(arguments: 0..<300) func `on any walk the owner hears of the end exactly once, and one close frame goes out at most`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var machine = CloseStateMachine(role: seed.isMultiple(of: 2) ? .server : .client)
    var actions: [CloseStateMachine.Action] = []
    for _ in 0..<12 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0: actions += machine.closeRequested(bye)
      case 1: if machine.isListening { actions += machine.closeReceived(theirs) }
      case 2: if machine.isListening { actions += machine.violated(.reservedBits) }
      case 3: actions += machine.dropped()
      default: break
      }
    }
    actions += machine.connectionLost()
    let notices = actions.filter { if case .notify = $0 { true } else { false } }
    let frames = actions.filter { if case .sendClose = $0 { true } else { false } }
    #expect(notices.count == 1)
    #expect(frames.count <= 1)
  }
}
