public import Logging
import NIOConcurrencyHelpers
public import ServiceLifecycle
public import VoiceCore

/// A JWK set behind a URL: fetched at the start, again before it is stale, and once when a token names an unknown key.
///
/// ``run()`` has to run, else nothing is ever fetched and who needs a key waits.
public final class RemoteKeySet: KeySource, Service {
  /// Maximum of callers that wait for a fetch; further ones are answered at once.
  private static let maxWaiters = 1_000

  private struct State {
    var machine = KeySetStateMachine()
    var keys: KeySet?
    var warnings: [String] = []
    var lastFailure: VoiceAuthError?
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter: UInt64 = 0
    var hasEnded = false
  }

  private let fetch: KeySetFetch
  private let clock: any Clock<Duration>
  private let jitter: @Sendable () -> Double
  private let logger: Logger
  private let wake = WakeSignal()
  private let state = NIOLockedValueBox(State())

  /// `url` is https, or http on loopback; otherwise throws ``VoiceAuthError/Code/invalidSetting``. A key without `alg` is
  /// bound to what its type and curve can serve of `algorithms`; a shared secret is never taken from a set.
  public init<C: Clock>(
    url: String, algorithms: Set<JWTAlgorithm> = .all, client: any HTTPClient, clock: C = ContinuousClock(),
    jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) }, logger: Logger
  ) throws(VoiceAuthError) where C.Duration == Duration {
    let start = clock.now
    fetch = KeySetFetch(
      url: try KeySetURL(url), algorithms: algorithms, client: client, elapsed: { start.duration(to: clock.now) })
    self.clock = clock
    self.jitter = jitter
    self.logger = logger
  }

  /// Those who wait for a fetch.
  var waiterCount: Int { state.withLockedValue { $0.waiters.count } }

  /// False while no set may be used: none was ever fetched, or the last good one is older than 24 h.
  public var isUsable: Bool { state.withLockedValue { $0.machine.isUsable(at: fetch.elapsed()) } }

  /// Reason of the last failed fetch.
  package var lastFailure: VoiceAuthError? { state.withLockedValue { $0.lastFailure } }

  public func currentKeys() -> KeySet? {
    let now = fetch.elapsed()
    return state.withLockedValue { $0.machine.isUsable(at: now) ? $0.keys : nil }
  }

  public func keysAfterMiss() async -> KeySet? {
    let now = fetch.elapsed()
    let number = state.withLockedValue { state -> UInt64? in
      guard state.machine.missedKey(at: now) == .wait, state.waiters.count < Self.maxWaiters else { return nil }
      state.nextWaiter += 1
      return state.nextWaiter
    }
    if let number {
      wake.signal()
      await wait(as: number)
    }
    return currentKeys()
  }

  /// Fetches until a graceful shutdown or cancellation.
  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.loop() }
    let waiters = state.withLockedValue { state in
      state.hasEnded = true
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.resume() }
  }

  private func loop() async {
    while !Task.isCancelled {
      let now = fetch.elapsed()
      switch state.withLockedValue({ $0.machine.becameFree(at: now) }) {
      case .fetch: await fetchOnce()
      case .sleep(let due): await sleep(for: due - now)
      }
    }
  }

  private func fetchOnce() async {
    do {
      succeeded(try await fetch.run())
    } catch {
      failed(error)
    }
  }

  private func succeeded(_ outcome: KeySetFetch.Outcome) {
    let (now, jitter) = (fetch.elapsed(), jitter())
    let (waiters, wasFailing, isNewsworthy) = state.withLockedValue { state in
      let wasFailing = state.machine.isFailing
      let isNewsworthy = state.warnings != outcome.keys.warnings
      state.machine.fetchSucceeded(at: now, freshFor: outcome.freshFor, jitter: jitter)
      state.keys = outcome.keys
      state.warnings = outcome.keys.warnings
      defer { state.waiters = [:] }
      return (state.waiters.values, wasFailing, isNewsworthy)
    }
    for waiter in waiters { waiter.resume() }
    if wasFailing { logger.notice("key set fetched again", metadata: ["host": "\(fetch.url.authority)"]) }
    if isNewsworthy {
      for warning in outcome.keys.warnings { logger.warning("\(warning)", metadata: ["host": "\(fetch.url.authority)"]) }
    }
  }

  private func failed(_ error: any Error) {
    let (now, jitter) = (fetch.elapsed(), jitter())
    let (waiters, wasFailing, hasGood) = state.withLockedValue { state in
      let wasFailing = state.machine.isFailing
      let hasGood = state.keys != nil && state.machine.isUsable(at: now)
      state.machine.fetchFailed(at: now, jitter: jitter)
      state.lastFailure = error as? VoiceAuthError ?? VoiceAuthError(.fetchFailed, "\(error)")
      defer { state.waiters = [:] }
      return (state.waiters.values, wasFailing, hasGood)
    }
    for waiter in waiters { waiter.resume() }
    guard !Task.isCancelled, !wasFailing else { return }
    let consequence = hasGood ? "the last good one serves" : "there is none yet, so tokens that need it are refused"
    logger.error("key set not fetched, \(consequence)", metadata: ["host": "\(fetch.url.authority)", "error": "\(error)"])
  }

  private func wait(as number: UInt64) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLockedValue { state in
          // The fetch may have ended in between.
          guard !state.hasEnded, !Task.isCancelled, state.machine.isFetchExpected else { return true }
          state.waiters[number] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLockedValue { $0.waiters.removeValue(forKey: number) }?.resume()
    }
  }

  /// Ends early at a signal.
  private func sleep(for duration: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await self.clock.sleep(for: duration) }
      group.addTask { await self.wake.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}
