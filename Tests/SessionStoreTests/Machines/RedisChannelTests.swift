import NIOCore
import Testing
import VoiceTesting

@testable import SessionStore

/// What keeps a connection alive, and who waits for it. Time is moved by hand.
struct RedisChannelTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private let backoff = Backoff(first: .milliseconds(50), factor: 2, maximum: .seconds(5))

  @Test func `nothing is dialled before somebody asks, and one dial is enough for all`() {
    var machine = RedisChannelStateMachine(backoff: backoff)
    #expect(machine.nextTime == nil)
    #expect(machine.submitted(1, deadline: start + .milliseconds(250), bytes: 1) == .waitAndDial)
    #expect(machine.submitted(2, deadline: start + .milliseconds(200), bytes: 1) == .wait)
    #expect(machine.connected() == [1, 2])
    #expect(machine.submitted(3, deadline: start + .milliseconds(250), bytes: 1) == .send)
  }

  @Test func `who waits for a connection waits no longer than his deadline`() {
    var machine = RedisChannelStateMachine(backoff: backoff)
    _ = machine.submitted(1, deadline: start + .milliseconds(250), bytes: 1)
    _ = machine.submitted(2, deadline: start + .milliseconds(300), bytes: 1)
    #expect(machine.nextTime == start + .milliseconds(250))
    #expect(machine.timePassed(at: start + .milliseconds(250)) == [.fail([1])])
    #expect(machine.connected() == [2])
  }

  @Test func `delays between dials grow to their maximum, and begin anew after a connection`() {
    var machine = RedisChannelStateMachine(backoff: backoff)
    var now = start
    _ = machine.submitted(1, deadline: .distantFuture, bytes: 1)
    var delays: [TimeAmount] = []
    for _ in 0..<9 {
      #expect(machine.disconnected(jitter: 1, at: now) == [])
      guard let next = machine.nextTime else { break }
      delays.append(next - now)
      now = next
      #expect(machine.timePassed(at: now) == [.dial])
    }
    #expect(delays == [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
    #expect(machine.connected() == [1])
    #expect(machine.disconnected(jitter: 1, at: now) == [])
    #expect(machine.nextTime == now + .milliseconds(50))
  }

  @Test func `with no dial before a deadline there is no hope, and that is said at once`() {
    var machine = RedisChannelStateMachine(backoff: backoff)
    _ = machine.submitted(1, deadline: start + .milliseconds(250), bytes: 1)
    #expect(machine.disconnected(isHopeless: true, jitter: 0, at: start) == [1])
    #expect(machine.submitted(2, deadline: start + .milliseconds(250), bytes: 1) == .refuse(.down))
    #expect(machine.submitted(3, deadline: start + .seconds(6), bytes: 1) == .wait)
    #expect(machine.submitted(4, deadline: start + .milliseconds(250), bytes: 1, isUrgent: true) == .waitAndDial)
    #expect(machine.connected() == [3, 4])
  }

  @Test func `what waits is bounded, in number and in bytes`() {
    var few = RedisChannelStateMachine(backoff: backoff, maximumCommands: 2)
    let answers = (0..<3).map { few.submitted($0, deadline: start + .seconds(1), bytes: 1) }
    #expect(answers == [.waitAndDial, .wait, .refuse(.full)])
    var small = RedisChannelStateMachine(backoff: backoff, maximumBytes: 10)
    #expect((0..<3).map { small.submitted($0, deadline: start + .seconds(1), bytes: 5) } == [.waitAndDial, .wait, .refuse(.full)])
  }

  @Test func `one that was stopped hands back who waits, and takes no more`() {
    var machine = RedisChannelStateMachine(backoff: backoff)
    _ = machine.submitted(1, deadline: start + .seconds(1), bytes: 1)
    #expect(machine.stopped() == [1])
    #expect(machine.submitted(2, deadline: start + .seconds(1), bytes: 1) == .refuse(.stopped))
    #expect(machine.connected() == [] && machine.disconnected(jitter: 0, at: start) == [])
  }

  @Test(arguments: 0..<20) func `whatever happens, each command that waits is sent or fails, once, and by its deadline`(seed: Int) {
    enum Socket { case none, dialling, connected }
    var random = SeededGenerator(seed: UInt64(seed))
    var machine = RedisChannelStateMachine(backoff: backoff, maximumCommands: 50)
    var (now, socket, next) = (start, Socket.none, UInt64(0))
    var waiting: [UInt64: NIODeadline] = [:]
    func ended(_ ids: [UInt64]) { for id in ids { #expect(waiting.removeValue(forKey: id) != nil) } }
    for _ in 0..<3_000 {
      switch random.next() % 8 {
      case 0..<4:
        next += 1
        let deadline = now + .milliseconds(Int64(1 + random.next() % 400))
        switch machine.submitted(next, deadline: deadline, bytes: 1, isUrgent: random.next() % 50 == 0) {
        case .send: #expect(socket == .connected)
        case .wait: waiting[next] = deadline
        case .waitAndDial:
          #expect(socket == .none)
          socket = .dialling
          waiting[next] = deadline
        case .refuse(let why): #expect(why == .down && socket == .none || why == .full && waiting.count == 50)
        }
      case 4 where socket == .dialling:
        socket = .connected
        ended(machine.connected())
        #expect(waiting.isEmpty)
      case 5 where socket != .none:
        socket = .none
        ended(machine.disconnected(jitter: Double(random.next() % 100) / 100, at: now))
      default:
        now = now + .milliseconds(Int64(random.next() % 100))
        for action in machine.timePassed(at: now) {
          switch action {
          case .fail(let ids):
            #expect(ids.allSatisfy { waiting[$0].map { $0 <= now } ?? false })
            ended(ids)
          case .dial:
            #expect(socket == .none)
            socket = .dialling
          }
        }
        #expect(!waiting.values.contains { $0 <= now })
      }
      if let first = waiting.values.min() { #expect(machine.nextTime.map { $0 <= first } == true) }
    }
  }
}
