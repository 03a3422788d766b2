import NIOCore
import Testing
import VoiceTesting

@testable import VoiceTransport

@Suite struct HeartbeatStateMachineTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
  private func machine() -> HeartbeatStateMachine {
    HeartbeatStateMachine(interval: .seconds(20), timeout: .seconds(30), now: start)
  }

  @Test func `pings go out at every interval`() {
    var machine = machine()
    #expect(machine.deadline == start + .seconds(20))
    #expect(machine.deadlinePassed(at: start + .seconds(20)) == .ping)
    machine.bytesReceived()
    #expect(machine.deadlinePassed(at: start + .seconds(40)) == .ping)
    #expect(machine.deadline == start + .seconds(60))
  }

  @Test func `a peer silent for 30 s after a ping is given up, not earlier`() {
    var machine = machine()
    #expect(machine.deadlinePassed(at: start + .seconds(20)) == .ping)
    #expect(machine.deadlinePassed(at: start + .seconds(40)) == .ping, "the second silent interval")
    #expect(machine.deadline == start + .seconds(50))
    #expect(machine.deadlinePassed(at: start + .milliseconds(49_999)) == .none)
    #expect(machine.deadlinePassed(at: start + .seconds(50)) == .giveUp)
  }

  @Test func `a pong 29 s late is in time`() {
    var machine = machine()
    _ = machine.deadlinePassed(at: start + .seconds(20))
    _ = machine.deadlinePassed(at: start + .seconds(40))
    machine.bytesReceived()
    #expect(machine.deadlinePassed(at: start + .seconds(50)) == .none)
    #expect(machine.deadlinePassed(at: start + .seconds(60)) == .ping)
    #expect(machine.deadlinePassed(at: start + .seconds(80)) == .ping)
    #expect(machine.deadlinePassed(at: start + .seconds(90)) == .giveUp)
  }

  @Test func `any bytes count as life, and pings go on all the same`() {
    var machine = machine()
    for step in 1...20 {
      machine.bytesReceived()
      #expect(machine.deadlinePassed(at: start + .seconds(Int64(20 * step))) == .ping)
    }
  }

  @Test(arguments: 0..<200) func `on any walk nobody is given up who spoke within the timeout, and nobody silent is kept`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var machine = machine()
    var now = start
    var lastHeard = start
    for _ in 0..<200 {
      let pause = TimeAmount.seconds(Int64.random(in: 0...25, using: &random))
      let next = machine.deadline
      if now + pause < next {
        now = now + pause
        machine.bytesReceived()
        lastHeard = now
        continue
      }
      now = next
      if machine.deadlinePassed(at: now) == .giveUp {
        #expect(now - lastHeard >= .seconds(30))
        return
      }
      #expect(now - lastHeard <= .seconds(70), "two silent intervals and the timeout")
    }
  }
}
