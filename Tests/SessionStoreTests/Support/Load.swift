import NIOConcurrencyHelpers
import SessionStore

/// Many callers of one client, each of whom knows what it must be answered.
struct Load: Sendable {
  struct Outcome: Sendable {
    var answered = 0
    var failed: [String: Int] = [:]
    /// Answers that were somebody else's.
    var mixedUp = 0
    var longest = Duration.zero
    /// How late this process runs tasks that are due, which is no fault of the client's.
    var lag = Duration.zero
    var failures: Int { failed.values.reduce(0, +) }
    /// Whether nobody waited longer than the deadline allows.
    var isInTime: Bool { longest < Times.bound(lag: lag) }

    mutating func add(_ other: Outcome) {
      answered += other.answered
      failed.merge(other.failed, uniquingKeysWith: +)
      mixedUp += other.mixedUp
      longest = max(longest, other.longest)
      lag = max(lag, other.lag)
    }
  }

  let client: RedisClient
  var callers = 32
  /// Between a caller's answer and its next question.
  var pause = Duration.zero

  /// Asks until `body` ends, which can see how it goes.
  func during(_ body: (_ sofar: () -> Outcome) async throws -> Void) async throws -> Outcome {
    let isOver = NIOLockedValueBox(false)
    let total = NIOLockedValueBox(Outcome())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for caller in 0..<callers {
        group.addTask {
          await ask(caller, total) { isOver.withLockedValue { $0 } }
        }
      }
      group.addTask {
        let lag = await Self.lag { isOver.withLockedValue { $0 } }
        total.withLockedValue { $0.lag = lag }
      }
      defer { isOver.withLockedValue { $0 = true } }
      try await body { total.withLockedValue { $0 } }
      isOver.withLockedValue { $0 = true }
      try await group.waitForAll()
    }
    return total.withLockedValue { $0 }
  }

  static func lag(until isOver: () -> Bool) async -> Duration {
    var longest = Duration.zero
    while !isOver() {
      let started = ContinuousClock.now
      try? await Task.sleep(for: .milliseconds(2))
      longest = max(longest, ContinuousClock.now - started - .milliseconds(2))
    }
    return longest
  }

  private func ask(_ caller: Int, _ total: NIOLockedValueBox<Outcome>, isOver: () -> Bool) async {
    var number = 0
    while !isOver() {
      number += 1
      let word = "caller \(caller) question \(number) \(String(repeating: "x", count: number % 300))"
      var outcome = Outcome()
      let started = ContinuousClock.now
      do {
        let reply = try await client.send(RedisCommand("ECHO", .text(word)))
        if reply.string == word { outcome.answered += 1 } else { outcome.mixedUp += 1 }
      } catch { outcome.failed[error.code.description, default: 0] += 1 }
      outcome.longest = ContinuousClock.now - started
      total.withLockedValue { $0.add(outcome) }
      if pause > .zero { try? await Task.sleep(for: pause) }
    }
  }
}
