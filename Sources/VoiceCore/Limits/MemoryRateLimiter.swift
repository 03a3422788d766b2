import NIOConcurrencyHelpers

/// The sliding window in this process: for one instance, for tests, and while Redis is away.
///
/// Holds at most `limit` entries a user, and forgets users whose window has passed.
public final class MemoryRateLimiter: RateLimiter {
  private struct State {
    var users: [String: SlidingWindowLog] = [:]
    var nextSweep = 1_024
  }

  private let limit: Int
  private let window: Duration
  private let now: @Sendable () -> UnixTime
  private let state = NIOLockedValueBox(State())

  /// - Parameter limit: `0` means none.
  public init(limit: Int, window: Duration, now: @escaping @Sendable () -> UnixTime) {
    self.limit = limit
    self.window = window
    self.now = now
  }

  public func admit(user: String, session: SessionID) async -> RateDecision {
    guard limit > 0 else { return RateDecision(isAllowed: true, limit: 0, remaining: 0, resetAfter: .zero) }
    let time = now()
    return state.withLockedValue { state in
      sweep(&state, at: time)
      return state.users[user, default: SlidingWindowLog()].admit(session, limit: limit, window: window, at: time)
    }
  }

  public func refund(user: String, session: SessionID) async {
    state.withLockedValue { state in
      state.users[user]?.refund(session)
      if state.users[user]?.isEmpty ?? false { state.users[user] = nil }
    }
  }

  public func reset(user: String) async { state.withLockedValue { $0.users[user] = nil } }

  /// Each time that the number of users has doubled, those whose window has passed are forgotten.
  private func sweep(_ state: inout State, at time: UnixTime) {
    guard state.users.count >= state.nextSweep else { return }
    for user in Array(state.users.keys) {
      state.users[user]?.expire(window, at: time)
      if state.users[user]?.isEmpty ?? false { state.users[user] = nil }
    }
    state.nextSweep = max(1_024, state.users.count * 2)
  }
}
