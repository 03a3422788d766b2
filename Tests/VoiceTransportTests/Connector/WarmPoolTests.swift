import NIOCore
import Testing
import VoiceTesting

@testable import VoiceTransport

struct WarmPoolTests {
  private typealias Machine = WarmPoolStateMachine

  private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1_000_000_000_000) + .seconds(seconds) }

  /// As many as wanted, open at second 0.
  private func filled(_ count: Int) -> Machine {
    var machine = Machine(.init(count: count))
    let actions = machine.fill(at: at(0))
    #expect(actions == (1...count).map { .dial($0) })
    for number in 1...count { #expect(machine.opened(number, at: at(0)) == []) }
    return machine
  }

  @Test func `the oldest is taken, and another one is dialled in its place`() {
    var machine = filled(2)
    #expect(machine.take(at: at(1)) == 1)
    #expect(machine.fill(at: at(1)) == [.dial(3)])
    #expect(machine.take(at: at(1)) == 2)
    #expect(machine.take(at: at(1)) == nil)
  }

  @Test func `what nobody took is replaced after its time, and not taken any more`() {
    var machine = filled(2)
    #expect(machine.nextDeadline == at(30))
    #expect(machine.fill(at: at(29)) == [])
    #expect(machine.take(at: at(30)) == nil)
    #expect(machine.fill(at: at(30)) == [.close(1), .close(2), .dial(3), .dial(4)])
  }

  @Test func `a server that refuses is asked by one dial at a time, after pauses that grow to a minute`() {
    var machine = Machine(.init(count: 4))
    var number = 4
    var now = at(0)
    #expect(machine.fill(at: now).count == 4)
    for lost in 1...3 { #expect(machine.lost(lost, at: now) == []) }
    #expect(machine.lost(4, at: now) == [])
    var pauses: [Int64] = []
    for _ in 0..<5 {
      let next = machine.nextDeadline ?? now
      pauses.append((next - now).nanoseconds / 1_000_000_000)
      now = next
      number += 1
      #expect(machine.fill(at: now) == [.dial(number)])
      #expect(machine.lost(number, at: now) == [])
    }
    #expect(pauses == [8, 16, 32, 60, 60])
    now = machine.nextDeadline ?? now
    number += 1
    #expect(machine.fill(at: now) == [.dial(number)])
    #expect(machine.opened(number, at: now) == [.dial(number + 1)])
    machine.succeeded()
    #expect(machine.fill(at: now).count == 2)
  }

  @Test func `a server that closes what it just took counts as one that refuses, one that closes later does not`() {
    var machine = filled(1)
    #expect(machine.lost(1, at: at(5)) == [.dial(2)])
    #expect(machine.opened(2, at: at(5)) == [])
    #expect(machine.lost(2, at: at(5)) == [])
    #expect(machine.nextDeadline == at(6))
  }

  @Test func `a stop closes all, and what opens afterwards`() {
    var machine = filled(2)
    #expect(machine.take(at: at(1)) == 1)
    #expect(machine.fill(at: at(1)) == [.dial(3)])
    #expect(machine.stop() == [.close(2)])
    #expect(machine.opened(3, at: at(2)) == [.close(3)])
    #expect(machine.nextDeadline == nil && machine.fill(at: at(99)) == [])
  }

  @Test(arguments: UInt64(1)...30) func `a walk: never too many, never too old, each closed or taken once`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let limit = Int.random(in: 1...5, using: &random)
    var machine = Machine(.init(count: limit))
    var now = at(0)
    var dialling: [Int] = []
    var ready: [Int: NIODeadline] = [:]
    func perform(_ actions: [Machine.Action]) {
      for action in actions {
        switch action {
        case .dial(let number): dialling.append(number)
        case .close(let number): #expect(ready.removeValue(forKey: number) != nil)
        }
      }
      #expect(ready.count + dialling.count <= limit)
      #expect(machine.count == ready.count)
    }
    perform(machine.fill(at: now))
    for _ in 0..<2_000 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        let taken = machine.take(at: now)
        if let taken, let since = ready.removeValue(forKey: taken) { #expect(now < since + .seconds(30)) }
        #expect(taken != nil || ready.values.allSatisfy { now >= $0 + .seconds(30) })
        perform(machine.fill(at: now))
      case 1, 2:
        guard let number = dialling.popLast() else { continue }
        ready[number] = now
        perform(machine.opened(number, at: now))
      case 3:
        guard let number = dialling.popLast() else { continue }
        perform(machine.lost(number, at: now))
      case 4:
        guard let number = ready.keys.sorted().randomElement(using: &random) else { continue }
        ready[number] = nil
        perform(machine.lost(number, at: now))
      default:
        now = now + .milliseconds(Int64.random(in: 0...9_000, using: &random))
        if let due = machine.nextDeadline, due <= now { perform(machine.fill(at: now)) }
      }
    }
  }
}
