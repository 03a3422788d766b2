import Logging
import NIOConcurrencyHelpers
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

/// Who serves, and what is remembered meanwhile.
struct FallbackTests {
  private func id(_ seed: UInt64) -> SessionID {
    var random = SeededGenerator(seed: seed)
    return SessionID(using: &random)
  }

  @Test func `memory takes over with one warning, and Redis is used again when all is written`() {
    var machine = FallbackStateMachine()
    #expect(machine.primaryFailed() == .takeOver)
    #expect(machine.primaryFailed() == .none)
    #expect(machine.probed(isBack: false) == .none)
    #expect(machine.probed(isBack: true) == .writeThrough)
    #expect(machine.primaryFailed() == .none)
    #expect(machine.wroteThrough(left: 10_000) == .writeThrough)
    #expect(machine.wroteThrough(left: 3) == .resume)
    #expect(machine.state == .primary)
    #expect(machine.primaryFailed() == .takeOver)
  }

  @Test func `where there is always more to write it comes to an end all the same`() {
    var machine = FallbackStateMachine()
    _ = machine.primaryFailed()
    _ = machine.probed(isBack: true)
    let rounds = (0..<4).map { _ in machine.wroteThrough(left: 100_000) }
    #expect(rounds == [.writeThrough, .writeThrough, .writeThrough, .resume])
  }

  @Test func `a Redis that goes away again while it is written to is probed again`() {
    var machine = FallbackStateMachine()
    _ = machine.primaryFailed()
    _ = machine.probed(isBack: true)
    #expect(machine.writeThroughFailed() == .none)
    #expect(machine.state == .away)
    #expect(machine.probed(isBack: true) == .writeThrough)
  }

  @Test func `a change is noted once, in the order of the first time`() {
    var journal = FallbackJournal(capacity: 10)
    for change in [FallbackChange.session(id(1)), .deletion(id(2)), .session(id(1))] { journal.note(change) }
    #expect(journal.takeAll() == [.session(id(1)), .deletion(id(2))])
    #expect(journal.count == 0)
    journal.note(.session(id(3)))
    journal.putBack([.session(id(1)), .session(id(3))])
    #expect(journal.takeAll() == [.session(id(1)), .session(id(3))])
  }

  @Test func `what a later change makes needless is not written`() {
    var journal = FallbackJournal(capacity: 10)
    let (lease, release) = (FallbackChange.lease(user: "u", session: id(1)), FallbackChange.release(user: "u", session: id(1)))
    for change in [.session(id(1)), lease, .deletion(id(1)), release] { journal.note(change) }
    #expect(journal.count == 2)
    // Taken again since: both are to be looked at.
    journal.note(lease)
    #expect(journal.takeAll() == [.deletion(id(1)), release, lease])
    for _ in 0..<1_000 { for change in [lease, release] { journal.note(change) } }
    #expect(journal.count == 1 && journal.dropped == 0)
  }

  @Test func `a journal that is full forgets the oldest, and says how many`() {
    var journal = FallbackJournal(capacity: 100)
    for number in 0..<1_000 { journal.note(.session(id(UInt64(number)))) }
    #expect(journal.count <= 100 && journal.count + journal.dropped == 1_000)
    #expect(journal.takeAll().last == .session(id(999)))
  }

  /// A primary that is there or not, as the test says.
  private final class Redis: Sendable {
    let isAway = NIOLockedValueBox(false)
    let written = NIOLockedValueBox<[FallbackChange]>([])
    func ask() throws -> Bool {
      if isAway.withLockedValue({ $0 }) { throw RedisError(.unreachable, "away") }
      return true
    }
  }

  private struct Component: FallbackComponent {
    let redis: Redis
    func writeThrough(_ changes: [FallbackChange], isFirst: Bool) async throws {
      _ = try redis.ask()
      redis.written.withLockedValue { $0 += changes }
    }
  }

  @Test func `what is changed while Redis is away is written when it is back, and one warning is logged`() async throws {
    let (redis, log) = (Redis(), RecordingLog())
    let fallback = Fallback(operationTimeout: .seconds(60), logger: log.logger) { !redis.isAway.withLockedValue { $0 } }
    fallback.add(Component(redis: redis))
    let here = try await fallback.onPrimary(noting: .session(id(0))) { try redis.ask() }
    #expect(here == true && !fallback.isActive)
    redis.isAway.withLockedValue { $0 = true }
    for number in 1...5 {
      let answer = try await fallback.onPrimary(noting: .session(id(UInt64(number)))) { try redis.ask() }
      #expect(answer == nil && fallback.isActive)
    }
    await fallback.tryToReturn()
    #expect(fallback.isActive && redis.written.withLockedValue { $0.isEmpty })
    redis.isAway.withLockedValue { $0 = false }
    await fallback.tryToReturn()
    #expect(!fallback.isActive)
    #expect(redis.written.withLockedValue { $0 } == (1...5).map { .session(id($0)) })
    #expect(log.texts(.warning).count == 1)
  }

  @Test func `an error that is no outage is the caller's, and Redis serves on`() async throws {
    let fallback = Fallback(operationTimeout: .seconds(60), logger: .quiet) { true }
    let wrongType = RedisErrorReply("WRONGTYPE no")
    await #expect(throws: RedisError.self) {
      try await fallback.onPrimary(noting: .session(id(1))) { throw RedisError(.refused, "no", reply: wrongType) }
    }
    #expect(!fallback.isActive)
  }

  @Test func `work is bounded: never more than some hundred at once, and all of it is done`() async throws {
    let state = NIOLockedValueBox((now: 0, most: 0, done: 0))
    try await Bounded.all(0..<2_000) { _ in
      state.withLockedValue { state in
        state.now += 1
        state.most = max(state.most, state.now)
      }
      await Task.yield()
      state.withLockedValue { state in
        state.now -= 1
        state.done += 1
      }
    }
    #expect(state.withLockedValue { $0.done == 2_000 && $0.most <= 256 })
  }
}
