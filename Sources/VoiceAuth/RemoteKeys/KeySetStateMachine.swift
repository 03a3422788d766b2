/// Schedule of fetching a key set, and lifetime of the last good one. Times are on a monotonic clock of any origin.
struct KeySetStateMachine {
  struct Policy: Equatable {
    /// Bounds of a response's freshness, whatever its `Cache-Control` says.
    var freshness: ClosedRange<Duration> = .seconds(300) ... .seconds(86_400)
    /// Minimum interval between two fetches for an unknown key, failures included.
    var unknownKeyInterval: Duration = .seconds(30)
    /// Delay after a failure, doubled with each further one.
    var retryDelay: ClosedRange<Duration> = .seconds(5) ... .seconds(60)
    /// Lifetime of the last good set during an outage.
    var maxAge: Duration = .seconds(86_400)
  }

  /// Next step of the driver.
  enum Step: Equatable {
    case fetch
    case sleep(until: Duration)
  }

  /// Action of a caller that misses a key.
  enum Answer: Equatable {
    /// A fetch is under way or about to begin.
    case wait
    /// There will be nothing new for a while.
    case decideNow
  }

  private enum State {
    /// Waits for `due`, or for an unknown key. Becomes `fetching`.
    case idle(due: Duration)
    /// A fetch was asked for, and waits for the driver. Becomes `fetching`.
    case asked
    /// Waits for the answer. Becomes `idle`.
    case fetching
  }

  private let policy: Policy
  private var state: State = .asked
  private var lastSuccess: Duration?
  private var lastUnknownKeyFetch: Duration?
  private var failures = 0

  init(policy: Policy = Policy()) { self.policy = policy }

  /// True while the last good set may be used.
  func isUsable(at now: Duration) -> Bool { lastSuccess.map { now - $0 < policy.maxAge } ?? false }

  /// True from a failure to the next success.
  var isFailing: Bool { failures > 0 }

  /// True while a fetch is under way or asked for.
  var isFetchExpected: Bool {
    switch state {
    case .asked, .fetching: true
    case .idle: false
    }
  }

  /// The driver is free.
  mutating func becameFree(at now: Duration) -> Step {
    switch state {
    case .idle(let due) where now < due: return .sleep(until: due)
    case .idle, .asked:
      state = .fetching
      return .fetch
    case .fetching: preconditionFailure("one fetch at a time")
    }
  }

  /// A token needs a key that is not there: another name, or any at all.
  mutating func missedKey(at now: Duration) -> Answer {
    switch state {
    case .asked, .fetching: return .wait
    case .idle:
      if let last = lastUnknownKeyFetch, now - last < policy.unknownKeyInterval { return .decideNow }
      lastUnknownKeyFetch = now
      state = .asked
      return .wait
    }
  }

  /// `freshFor` is what the answer's `Cache-Control` says; `jitter`, from 0 to 1, spreads the instances of a fleet.
  mutating func fetchSucceeded(at now: Duration, freshFor: Duration?, jitter: Double) {
    let fresh = min(max(freshFor ?? policy.freshness.lowerBound, policy.freshness.lowerBound), policy.freshness.upperBound)
    lastSuccess = now
    failures = 0
    state = .idle(due: now + fresh * (0.9 - 0.1 * jitter))
  }

  mutating func fetchFailed(at now: Duration, jitter: Double) {
    let delay = min(policy.retryDelay.lowerBound * (1 << min(failures, 16)), policy.retryDelay.upperBound)
    failures += 1
    state = .idle(due: now + delay * (1 - 0.5 * jitter))
  }
}
