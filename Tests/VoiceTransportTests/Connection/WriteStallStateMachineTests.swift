import NIOCore
import Testing

@testable import VoiceTransport

@Suite struct WriteStallStateMachineTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  @Test func `bytes that stand still for the whole timeout are a stall`() {
    var machine = WriteStallStateMachine(timeout: .seconds(30))
    #expect(machine.checked(written: 100, buffered: 50, at: start) == false)
    #expect(machine.deadline(after: start) == start + .seconds(30))
    #expect(machine.checked(written: 100, buffered: 80, at: start + .seconds(29)) == false, "more was queued, nothing left")
    #expect(machine.checked(written: 100, buffered: 80, at: start + .seconds(30)) == true)
  }

  @Test func `a peer that takes a little starts the wait anew`() {
    var machine = WriteStallStateMachine(timeout: .seconds(30))
    _ = machine.checked(written: 100, buffered: 50, at: start)
    #expect(machine.checked(written: 101, buffered: 49, at: start + .seconds(30)) == false)
    #expect(machine.checked(written: 101, buffered: 49, at: start + .seconds(59)) == false)
    #expect(machine.checked(written: 101, buffered: 49, at: start + .seconds(60)) == true)
  }

  @Test func `an empty queue is no stall, however long`() {
    var machine = WriteStallStateMachine(timeout: .seconds(30))
    _ = machine.checked(written: 100, buffered: 50, at: start)
    #expect(machine.checked(written: 150, buffered: 0, at: start + .seconds(10)) == false)
    #expect(machine.checked(written: 150, buffered: 10, at: start + .seconds(1_000)) == false)
    #expect(machine.deadline(after: start + .seconds(1_000)) == start + .seconds(1_030))
  }
}
