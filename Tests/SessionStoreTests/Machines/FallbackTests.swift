import Logging
import NIOConcurrencyHelpers
import NIOCore
import RateLimiting
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

/// Who serves, and what is remembered meanwhile.
struct FallbackTests {
  let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  func id(_ seed: UInt64) -> SessionID {
    var random = SeededGenerator(seed: seed)
    return SessionID(using: &random)
  }

  @Test func `memory takes over with one warning, and Redis is used again when all is written`() {
    var machine = FallbackStateMachine()
    #expect(machine.primaryFailed(at: start) == .takeOver)
    #expect(machine.primaryFailed(at: start) == .none)
    #expect(machine.probed(isBack: false) == .none)
    #expect(machine.probed(isBack: true) == .writeThrough)
    #expect(machine.primaryFailed(at: start) == .none)
    #expect(machine.wroteThrough(left: 10_000, at: start) == .writeThrough)
    #expect(machine.wroteThrough(left: 3, at: start) == .resume)
    #expect(machine.state == .primary)
    #expect(machine.primaryFailed(at: start) == .takeOver)
  }

  @Test func `where there is always more to write it comes to an end all the same`() {
    var machine = FallbackStateMachine()
    _ = machine.primaryFailed(at: start)
    _ = machine.probed(isBack: true)
    let rounds = (0..<4).map { _ in machine.wroteThrough(left: 100_000, at: start) }
    #expect(rounds == [.writeThrough, .writeThrough, .writeThrough, .resume])
  }

  @Test func `a Redis that goes away again while it is written to is probed again`() {
    var machine = FallbackStateMachine()
    _ = machine.primaryFailed(at: start)
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
    let held = SessionLease(user: "u", session: id(1), owner: SessionOwner(instance: "a", generation: 1))
    let (lease, release) = (FallbackChange.lease(held), FallbackChange.release(held))
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
  final class Redis: Sendable {
    let isAway = NIOLockedValueBox(false)
    let breaksAfterWrite = NIOLockedValueBox(false)
    let written = NIOLockedValueBox<[FallbackChange]>([])
    func ask() throws -> Bool {
      if isAway.withLockedValue({ $0 }) { throw RedisError(.unreachable, "away") }
      return true
    }
  }

  struct Component: FallbackComponent {
    let redis: Redis
    var copies: [FallbackChange] = []
    func inventory() -> [FallbackChange] { copies }
    func writeThrough(_ changes: [FallbackChange]) async throws {
      _ = try redis.ask()
      redis.written.withLockedValue { $0 += changes }
      // A server that breaks down again after the first piece.
      if redis.breaksAfterWrite.withLockedValue({ $0 }) { redis.isAway.withLockedValue { $0 = true } }
    }
  }

  /// A primary that takes so many changes at once, and fails on more.
  private struct SlowComponent: FallbackComponent {
    let most: Int
    let written = NIOLockedValueBox<[FallbackChange]>([])
    func inventory() -> [FallbackChange] { [] }
    func writeThrough(_ changes: [FallbackChange]) async throws {
      guard changes.count <= most else { throw RedisError(.timedOut, "too much for it") }
      written.withLockedValue { $0 += changes }
    }
  }

  @Test(arguments: [1, 3, 40, 511]) func `a slow Redis is written to in smaller pieces, until it keeps up`(most: Int) async throws {
    let slow = SlowComponent(most: most)
    let isAway = NIOLockedValueBox(true)
    let fallback = Fallback(operationTimeout: .seconds(60), logger: .quiet, runOfRedis: { "a" }, probe: {})
    fallback.add(slow)
    let changes = (0..<600).map { FallbackChange.session(id($0)) }
    for change in changes {
      _ = try await fallback.onPrimary(noting: change) {
        if isAway.withLockedValue({ $0 }) { throw RedisError(.unreachable, "away") }
      }
    }
    await fallback.tryToReturn()
    #expect(!fallback.isActive)
    #expect(slow.written.withLockedValue { $0 } == changes)
  }

  @Test func `who asks while Redis is dialled for the first time waits for the outcome`() async throws {
    let (log, redis) = (RecordingLog(), Redis())
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let (dials, dialled) = AsyncStream.makeStream(of: Void.self)
    let fallback = Fallback(operationTimeout: .seconds(60), logger: log.logger) {
      dialled.yield()
      for await _ in gate { break }
    }
    fallback.add(Component(redis: redis))
    try await withThrowingTaskGroup(of: Bool?.self) { group in
      group.addTask {
        try await fallback.run()
        return nil
      }
      for await _ in dials { break }
      redis.isAway.withLockedValue { $0 = true }
      group.addTask { try await fallback.onPrimary { try redis.ask() } }
      for _ in 0..<100 { await Task.yield() }
      #expect(!fallback.isActive)
      redis.isAway.withLockedValue { $0 = false }
      open.yield()
      let answer = try await group.next()
      #expect(answer == .some(true))
      #expect(!fallback.isActive && log.texts(.warning).isEmpty)
      group.cancelAll()
    }
  }

  @Test func `a ticket that was minted in an outage is good everywhere afterwards, and once`() async throws {
    let clock = ManualClock()
    let now: @Sendable () -> UnixTime = { clock.now }
    let away = NIOLockedValueBox(false)
    let primary = MemoryTicketStore(now: now)
    let fallback = Fallback(operationTimeout: .seconds(60), logger: .quiet) {
      if away.withLockedValue({ $0 }) { throw RedisError(.unreachable, "away") }
    }
    let store = FallbackTicketStore(
      primary: AwayTickets(store: primary, isAway: away), memory: MemoryTicketStore(now: now), fallback: fallback)
    let holder = VerifiedToken(userID: "u", plan: nil, expiresAt: clock.now + .seconds(600))
    away.withLockedValue { $0 = true }
    #expect(try await store.put(holder, under: "a", for: .seconds(30)))
    #expect(try await store.put(holder, under: "b", for: .seconds(30)))
    #expect(try await store.take("a") == holder)
    clock.advance(by: .seconds(10))
    away.withLockedValue { $0 = false }
    await fallback.tryToReturn()
    #expect(!fallback.isActive)
    #expect(try await primary.find("a") == nil)
    #expect(try await primary.find("b") == holder)
    #expect(try await store.take("b") == holder)
    #expect(try await store.take("b") == nil)
    #expect(try await primary.find("b") == nil)
  }

  private struct AwayTickets: TicketStore {
    let store: MemoryTicketStore
    let isAway: NIOLockedValueBox<Bool>
    private func ask() throws { if isAway.withLockedValue({ $0 }) { throw RedisError(.unreachable, "away") } }
    func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool {
      try ask()
      return try await store.put(holder, under: name, for: lifetime)
    }
    func take(_ name: String) async throws -> VerifiedToken? {
      try ask()
      return try await store.take(name)
    }
    func find(_ name: String) async throws -> VerifiedToken? {
      try ask()
      return try await store.find(name)
    }
  }

  @Test func `what is changed while Redis is away is written when it is back, and one warning is logged`() async throws {
    let (redis, log) = (Redis(), RecordingLog())
    let fallback = Fallback(operationTimeout: .seconds(60), logger: log.logger) { _ = try redis.ask() }
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

  @Test func `a client that is shut down before the first probe ends is no outage to warn of`() async throws {
    let log = RecordingLog()
    let fallback = Fallback(operationTimeout: .seconds(60), logger: log.logger) { throw RedisError(.shutDown, "the client is shut down") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await fallback.run() }
      while !fallback.isActive { await Task.yield() }
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(log.texts(.warning).isEmpty)
  }

  @Test func `a refusal of one command is no outage: memory serves that call, it is told once, and Redis serves on`() async throws {
    let log = RecordingLog()
    let fallback = Fallback(operationTimeout: .seconds(60), logger: log.logger) {}
    let wrongType = RedisErrorReply("WRONGTYPE no")
    for _ in 0..<3 {
      let answer: Bool? = try await fallback.onPrimary(noting: .session(id(1))) { throw RedisError(.refused, "no", reply: wrongType) }
      #expect(answer == nil)
    }
    #expect(!fallback.isActive && fallback.isRefused)
    #expect(log.texts(.error).count == 1)
  }

  @Test func `one slow command is no outage: it is tried once more, on a connection of its own`() async throws {
    let fallback = Fallback(operationTimeout: .seconds(60), logger: .quiet) {}
    let attempts = NIOLockedValueBox(0)
    let answer = try await fallback.onPrimary {
      let number = attempts.withLockedValue { attempts in
        attempts += 1
        return attempts
      }
      if number == 1 { throw RedisError(.timedOut, "slow", mayHaveRun: true) }
      return number
    }
    #expect(answer == 2 && !fallback.isActive)
    let never: Int? = try await fallback.onPrimary { throw RedisError(.timedOut, "slow", mayHaveRun: true) }
    #expect(never == nil && fallback.isActive)
  }

  @Test(arguments: [
    ("ERR unknown command 'INFO', with args beginning with: ", true),
    ("NOPERM this user has no permissions to run the 'info' command", true),
    ("LOADING Redis is loading the dataset in memory", false), ("ERR of another kind", false),
  ])
  func `a command that was renamed away is forbidden, as one that the user may not give`(text: String, isForbidden: Bool) {
    #expect(RedisErrorReply(text).forbidsCommand == isForbidden)
  }

  @Test func `what was booked while Redis was away, and what it said before, count on`() async throws {
    let clock = ManualClock()
    let now: @Sendable () -> UnixTime = { clock.now }
    let away = NIOLockedValueBox(false)
    let primary = MemorySpendLimiter(limit: 1_000, now: now)
    let fallback = Fallback(operationTimeout: .seconds(60), logger: .quiet) {
      if away.withLockedValue({ $0 }) { throw RedisError(.unreachable, "away") }
    }
    let ledger = FallbackSpendLimiter(
      primary: AwayLedger(ledger: primary, isAway: away), memory: MemorySpendLimiter(limit: 1_000, now: now), fallback: fallback)
    // Another instance has booked 900 of the day.
    #expect(await primary.reserve(900, for: id(1), of: "u") == 900)
    #expect(try await ledger.reserve(50, for: id(2), of: "u") == 50)
    away.withLockedValue { $0 = true }
    #expect(try await ledger.reserve(500, for: id(3), of: "u") == 50)
    try await ledger.settle(40, for: id(3), of: "u")
    #expect(fallback.isActive)
    away.withLockedValue { $0 = false }
    for _ in 0..<2 { await fallback.tryToReturn() }
    #expect(!fallback.isActive)
    #expect(await primary.reserve(500, for: id(4), of: "u") == 10)
  }

  private struct AwayLedger: RecordingSpendLimiter {
    let ledger: MemorySpendLimiter
    let isAway: NIOLockedValueBox<Bool>
    private func ask() throws { if isAway.withLockedValue({ $0 }) { throw RedisError(.unreachable, "away") } }
    func reserve(_ amount: Int64, for session: SessionID, of user: String) async throws -> Int64 {
      try ask()
      return await ledger.reserve(amount, for: session, of: user)
    }
    func reserveTelling(_ amount: Int64, for connection: SessionID, of user: String) async throws -> (granted: Int64, others: Int64) {
      try ask()
      return await ledger.reserveTelling(amount, for: connection, of: user)
    }
    func settle(_ spent: Int64, for session: SessionID, of user: String) async throws {
      try ask()
      await ledger.settle(spent, for: session, of: user)
    }
    func record(_ entries: [SpendEntry]) async throws {
      try ask()
      await ledger.record(entries)
    }
  }

  @Test func `work is bounded: never more than some hundred at once, and all of it is done`() async throws {
    let state = NIOLockedValueBox((now: 0, most: 0, done: 0))
    try await withLimitedConcurrency(0..<2_000) { _ in
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
    #expect(state.withLockedValue { $0.done == 2_000 && $0.most <= 64 })
  }
}
