import NIOConcurrencyHelpers
import NIOCore

/// Has many callers wait for one piece of work: the first does it, the others get what comes of it.
final class SingleFlight<Value: Sendable>: Sendable {
  private struct State {
    var isUnderWay = false
    var nextID: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// - Parameters:
  ///   - deadline: a caller who waits for another goes on then, with nil. The work itself keeps to its own.
  ///   - timer: where that is watched.
  func run(deadline: NIODeadline, timer: any EventLoop, _ work: () async -> Value) async -> Value? {
    let isFirst = state.withLockedValue { state in
      defer { state.isUnderWay = true }
      return !state.isUnderWay
    }
    guard isFirst else { return await wait(deadline: deadline, timer: timer) }
    let value = await work()
    let waiters = state.withLockedValue { state in
      state.isUnderWay = false
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume(returning: value) }
    return value
  }

  private func wait(deadline: NIODeadline, timer: any EventLoop) async -> Value? {
    await withCheckedContinuation { continuation in
      let id = state.withLockedValue { state -> UInt64? in
        // It ended in between: the caller asks again.
        guard state.isUnderWay else { return nil }
        state.nextID += 1
        state.waiters[state.nextID] = continuation
        return state.nextID
      }
      guard let id else { return continuation.resume(returning: nil) }
      timer.scheduleTask(deadline: deadline) {
        self.state.withLockedValue { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
      }
    }
  }
}
