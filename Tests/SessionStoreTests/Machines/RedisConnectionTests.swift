import NIOCore
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

/// One connection: its handshake, its pipeline, its deadlines. Time is moved by hand.
struct RedisConnectionTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  private func handshake(_ machine: inout RedisConnectionStateMachine) {
    #expect(machine.opened() == [.name("n"), .select(3)])
    #expect(machine.replied(.status("OK")) == .none)
    #expect(machine.replied(.status("OK")) == .ready)
  }

  private func machine(commands: Int = .max, bytes: Int = .max) -> RedisConnectionStateMachine {
    RedisConnectionStateMachine(
      handshake: RedisHandshake(steps: [.name("n"), .select(3)]), handshakeDeadline: start + .seconds(2), maximumCommands: commands,
      maximumBytes: bytes)
  }

  private func ready(commands: Int = .max, bytes: Int = .max) -> RedisConnectionStateMachine {
    var machine = machine(commands: commands, bytes: bytes)
    handshake(&machine)
    return machine
  }

  @Test func `nothing is sent before the handshake is over`() {
    var machine = machine()
    #expect(machine.submitted(1, deadline: start + .seconds(1), bytes: 1, at: start) == .refuse(.notReady))
    _ = machine.opened()
    #expect(machine.submitted(1, deadline: start + .seconds(1), bytes: 1, at: start) == .refuse(.notReady))
  }

  @Test func `a server that does not answer the handshake is dropped at its deadline`() {
    var machine = machine()
    _ = machine.opened()
    #expect(machine.timePassed(at: start + .seconds(1)) == .wait(until: start + .seconds(2)))
    #expect(machine.timePassed(at: start + .seconds(2)) == .dropSilentGreeting)
    #expect(machine.replied(.status("OK")) == .none)
  }

  @Test func `a server that refuses the password ends the handshake`() {
    var machine = RedisConnectionStateMachine(
      handshake: RedisHandshake(steps: [.authenticate(.init(password: Secret("p"))), .name("n")]), handshakeDeadline: start + .seconds(2))
    _ = machine.opened()
    let error = RedisErrorReply("WRONGPASS no")
    #expect(machine.replied(.error(error)) == .refused(.authentication(error)))
    #expect(machine.replied(.status("OK")) == .none)
  }

  @Test func `replies are their commands', in order`() {
    var machine = ready()
    for id in 1...3 { #expect(machine.submitted(UInt64(id), deadline: start + .seconds(1), bytes: 1, at: start) == .write) }
    for id in 1...3 { #expect(machine.replied(.integer(0)) == .complete(UInt64(id))) }
    #expect(machine.replied(.integer(0)) == .violation)
    #expect(machine.replied(.integer(0)) == .none)
  }

  @Test func `a deadline that passes ends the connection, and later replies are nobody's`() {
    var machine = ready()
    #expect(machine.submitted(1, deadline: start + .milliseconds(250), bytes: 1, at: start) == .write)
    #expect(machine.submitted(2, deadline: start + .milliseconds(400), bytes: 1, at: start) == .write)
    #expect(machine.timePassed(at: start + .milliseconds(249)) == .wait(until: start + .milliseconds(250)))
    #expect(machine.timePassed(at: start + .milliseconds(250)) == .dropSilentCommand)
    #expect(machine.replied(.integer(0)) == .none)
    #expect(machine.closed() == [1, 2])
  }

  @Test func `a command whose deadline has passed is not sent`() {
    var machine = ready()
    #expect(machine.submitted(1, deadline: start, bytes: 1, at: start) == .refuse(.late))
    #expect(machine.replied(.integer(0)) == .violation)
  }

  @Test func `the answer to ASKING is dropped, and no other`() {
    var machine = ready()
    #expect(machine.submitted(1, deadline: start + .seconds(1), bytes: 1, ignoredReplies: 1, at: start) == .write)
    #expect(machine.submitted(2, deadline: start + .seconds(1), bytes: 1, at: start) == .write)
    #expect(machine.replied(.status("OK")) == .none)
    #expect(machine.replied(.integer(1)) == .complete(1))
    #expect(machine.replied(.integer(2)) == .complete(2))
  }

  @Test func `what waits for replies is bounded, in number and in bytes`() {
    var few = ready(commands: 2)
    #expect((0..<3).map { few.submitted($0, deadline: start + .seconds(1), bytes: 1, at: start) } == [.write, .write, .refuse(.full)])
    #expect(few.replied(.null) == .complete(0))
    #expect(few.submitted(4, deadline: start + .seconds(1), bytes: 1, at: start) == .write)
    var small = ready(bytes: 10)
    // One that is alone may be longer.
    #expect(small.submitted(0, deadline: start + .seconds(1), bytes: 100, at: start) == .write)
    #expect(small.submitted(1, deadline: start + .seconds(1), bytes: 1, at: start) == .refuse(.full))
  }

  @Test(arguments: 0..<20) func `whatever happens, each reply is the oldest command's, and each command ends once`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var machine = ready(commands: 20, bytes: 400)
    var now = start
    var inFlight: [(id: UInt64, deadline: NIODeadline)] = []
    var next: UInt64 = 0
    for _ in 0..<2_000 {
      switch random.next() % 10 {
      case 0..<5:
        let deadline = now + .milliseconds(Int64(random.next() % 300))
        next += 1
        switch machine.submitted(next, deadline: deadline, bytes: Int(random.next() % 50), at: now) {
        case .write: inFlight.append((next, deadline))
        case .refuse(let why): #expect(why == (deadline <= now ? .late : .full))
        }
        #expect(inFlight.count <= 20)
      case 5..<9:
        guard !inFlight.isEmpty else { continue }
        #expect(machine.replied(.null) == .complete(inFlight.removeFirst().id))
      default:
        now = now + .milliseconds(Int64(random.next() % 20))
        let isLate = inFlight.contains { $0.deadline <= now }
        switch machine.timePassed(at: now) {
        case .dropSilentCommand:
          #expect(isLate)
          #expect(machine.closed() == inFlight.map(\.id))
          inFlight = []
          machine = ready(commands: 20, bytes: 400)
        case .wait(let until): #expect(!isLate && until == inFlight.map(\.deadline).min())
        case .none: #expect(inFlight.isEmpty)
        case .dropSilentGreeting: Issue.record("the handshake is over")
        }
      }
    }
  }
}
