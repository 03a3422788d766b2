public import Logging
import NIOConcurrencyHelpers
public import NIOCore
public import ServiceLifecycle

/// Decides for all stores of one Redis whether it serves, or memory in its place: memory takes over with one warning; Redis is used again
/// when a probe finds it back and what changed meanwhile has been written through.
///
/// Redis is found back only while ``run()`` runs.
public final class Fallback: Service {
  struct State {
    var machine = FallbackStateMachine()
    var journal: FallbackJournal
    var components: [any FallbackComponent] = []
    /// Changes in memory that Redis may lack and that are not written yet; nil: to be looked up.
    var owed: [FallbackChange]?
    /// The run of Redis that has all but ``owed``; nil where that cannot be told.
    var run: String?
    /// Connections that were lost when the run was last compared.
    var losses = 0
    /// Number of changes that are written at once.
    var piece = Fallback.largestPiece
    /// Callers that wait for the first probe of Redis; nil when none is running.
    var waiting: [CheckedContinuation<Void, Never>]?
    /// Changes that Redis refused for what they are about, and its words for the last one. They are written again once it serves, and hold
    /// up nothing.
    var unwritable: FallbackJournal
    var refusal: String?
    /// Times in a row that some of these were refused again, and the next time for them.
    var refusedAgain = 0
    var retriesRefusedAt: NIODeadline?
    /// Written when Redis serves already: until then memory alone knows of them.
    var settling: Set<FallbackChange> = []
    /// End of the time in which health reports that Redis refuses single commands, and which refusals were logged.
    var refusesUntil: NIODeadline?
    var loggedRefusals: Set<String> = []

    init(journalCapacity: Int) {
      journal = FallbackJournal(capacity: journalCapacity)
      unwritable = FallbackJournal(capacity: journalCapacity)
    }
  }

  /// Time for which health reports a refusal.
  private static let refusalTime = TimeAmount.seconds(5)
  private static let looksBetweenRuns = 3

  let name: String
  let probe: @Sendable () async throws -> Void
  let runOfRedis: @Sendable () async throws -> String?
  let lostConnections: @Sendable () -> Int
  private let operationTimeout: TimeAmount
  private let interval: Duration
  private let jitter: @Sendable () -> Double
  let now: @Sendable () -> NIODeadline
  let logger: Logger
  let state: NIOLockedValueBox<State>

  /// - Parameters:
  ///   - name: name of Redis in logs and health: its URL, without a password.
  ///   - operationTimeout: of all that one call has to ask Redis.
  ///   - interval: between two probes while Redis is unavailable.
  ///   - journalCapacity: how many changes are remembered meanwhile; beyond, the oldest are forgotten.
  ///   - jitter: from 0 to 1: instances of one Redis do not come back on one beat.
  ///   - now: the time, by which a return that failed is held off.
  ///   - logger: destination of log lines.
  ///   - runOfRedis: names the data that Redis serves: another name, or nil, means that it may have lost some. Throws where Redis cannot be
  ///     asked.
  ///   - lostConnections: grows with each connection that is lost: the run is compared before Redis is asked for anything again.
  ///   - probe: throws unless Redis can be used.
  public init(
    name: String = "redis", operationTimeout: Duration, interval: Duration = .seconds(1), journalCapacity: Int = 100_000,
    jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) }, now: @escaping @Sendable () -> NIODeadline = { .now() },
    logger: Logger, runOfRedis: @escaping @Sendable () async throws -> String? = { nil },
    lostConnections: @escaping @Sendable () -> Int = { 0 }, probe: @escaping @Sendable () async throws -> Void
  ) {
    self.name = name
    self.probe = probe
    self.runOfRedis = runOfRedis
    self.lostConnections = lostConnections
    self.operationTimeout = TimeAmount(operationTimeout)
    self.interval = interval
    self.jitter = jitter
    self.now = now
    self.logger = logger
    state = NIOLockedValueBox(State(journalCapacity: journalCapacity))
  }

  /// True while memory serves.
  public var isActive: Bool { state.withLockedValue { $0.machine.state != .primary } }

  /// True when Redis serves, but refused single commands of late, which memory served; or served for a moment only the last time.
  public var isRefused: Bool {
    let now = now()
    return state.withLockedValue { state in state.refusesUntil.map { $0 > now } ?? false || state.machine.isDoubtful(at: now) }
  }

  /// Looks for Redis at the start and while Redis is unavailable, until cancelled or shut down; then once more, for what only memory has.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      await lookFirst()
      var looks = 0
      while (try? await Task.sleep(for: interval * (0.75 + jitter() / 4))) != nil {
        looks += 1
        if isActive {
          await tryToReturn()
        } else {
          if looks.isMultiple(of: Self.looksBetweenRuns) || hasLostConnection { await look() }
          await settleRefused()
        }
      }
    }
    if isActive, !Task.isCancelled { await tryToReturn(isLast: true) }
  }

  /// Probes Redis for the first time. The first dial takes longer than a command may, so callers wait for its outcome.
  private func lookFirst() async {
    state.withLockedValue { $0.waiting = [] }
    do {
      try await probe()
      let losses = lostConnections()
      let run = try? await runOfRedis()
      state.withLockedValue { ($0.run, $0.losses) = (run, losses) }
      if !isActive { logger.notice("Redis connected successfully: \(name)") }
    } catch { takeOver(error, noting: nil) }
    let waiting = state.withLockedValue { state in
      defer { state.waiting = nil }
      return state.waiting ?? []
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Waits for the first probe of Redis while it runs, no longer than its timeout.
  func firstLook() async {
    guard state.withLockedValue({ $0.waiting != nil }) else { return }
    await withCheckedContinuation { continuation in
      let isUnderWay = state.withLockedValue { state in
        state.waiting?.append(continuation)
        return state.waiting != nil
      }
      if !isUnderWay { continuation.resume() }
    }
  }

  // MARK: For the stores

  func add(_ component: any FallbackComponent) { state.withLockedValue { $0.components.append(component) } }

  /// Does `work` on Redis when it serves. Nil when memory serves: then `change` is noted, and Redis will learn of it.
  ///
  /// Memory must have the change already. Were it noted first, it could be written through before memory has it.
  ///
  /// - Parameters:
  ///   - change: what Redis is to learn of.
  ///   - changes: memory serves also where one of these is still to be written.
  ///   - work: asks Redis.
  func onPrimary<Value>(
    noting change: FallbackChange? = nil, unlessSettling changes: [FallbackChange] = [], _ work: () async throws -> Value
  ) async throws -> Value? {
    await firstLook()
    let isServing = state.withLockedValue { state in
      if state.machine.state == .primary { return state.settling.isEmpty || !changes.contains(where: state.settling.contains) }
      if let change { state.journal.note(change) }
      return false
    }
    guard isServing else { return nil }
    do { return try await attempt(work) } catch let error as RedisError {
      var last = error
      // One slow command is no outage: the connection that it was on is closed, and the next one may serve.
      if error.mayPass, !isActive {
        do { return try await attempt(work) } catch let error as RedisError { last = error }
      }
      if last.isOutage, !isSetAside(change, last) { takeOver(last, noting: change) } else { refused(last, noting: change) }
      return nil
    }
  }

  private func attempt<Value>(_ work: () async throws -> Value) async throws -> Value {
    let deadline = NIODeadline.now() + operationTimeout
    return try await RedisDeadline.$ofOperation.withValue(deadline) {
      while true {
        let losses = try await compareAfterLoss(until: deadline)
        do { return try await RedisDeadline.$lossesBefore.withValue(losses) { try await work() } } catch let error as RedisError
          where error.code == .lostBefore && .now() < deadline
        { continue }
      }
    }
  }

  private var hasLostConnection: Bool { state.withLockedValue { $0.losses } != lostConnections() }

  /// Compares the run where a connection was lost: a Redis that was restarted in that moment has less than memory, and must not be asked.
  /// Each connection may be lost in turn, on a bad network again and again.
  ///
  /// - Returns: the connections that were lost until then.
  private func compareAfterLoss(until deadline: NIODeadline) async throws -> Int {
    while true {
      let losses = lostConnections()
      guard losses != state.withLockedValue({ $0.losses }) else { return losses }
      do {
        guard isSame(try await runOfRedis(), losses) else { throw RedisError.anotherRun }
        return losses
      } catch let error as RedisError where error.code == .connectionLost && .now() < deadline {
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
  }

  /// False where Redis has another run than it had; a run that it does not tell counts as the same.
  func isSame(_ run: String?, _ losses: Int) -> Bool {
    state.withLockedValue { state in
      guard state.machine.state == .primary else { return true }
      if let run, let known = state.run, run != known { return false }
      state.losses = losses
      state.run = state.run ?? run
      return true
    }
  }

  /// True for a change that is waiting because Redis refused it by itself, and passed a probe: that it does so again is no outage.
  private func isSetAside(_ change: FallbackChange?, _ error: RedisError) -> Bool {
    guard let change, error.mayBeOfOneCommand else { return false }
    return state.withLockedValue { $0.machine.state == .primary && $0.journal.contains(change) }
  }

  func takeOver(_ error: any Error, noting change: FallbackChange?) {
    let (now, isRefusal) = (now(), (error as? RedisError)?.code == .refused)
    let (action, failures) = state.withLockedValue { state in
      if let change { state.journal.note(change) }
      return (state.machine.primaryFailed(isRefusal: isRefusal, at: now), state.machine.failedReturns)
    }
    // A client that was shut down says nothing about Redis: the process ends.
    guard action == .takeOver, (error as? RedisError)?.code != .shutDown else { return }
    logger.log(
      level: failures < Self.loggedReturns ? .warning : .debug,
      "Redis connection failed: \(name): \(error). Falling back to in-memory session storage")
  }

  /// Number of returns that fail one after the other and are logged; what follows is the same.
  static let loggedReturns = 3

  /// Memory serves this one call: a limit that cannot be asked for must not turn a user away.
  private func refused(_ error: RedisError, noting change: FallbackChange?) {
    let text = error.reply?.code.rawValue ?? error.code.description
    let end = now() + Self.refusalTime
    let isNew = state.withLockedValue { state in
      if let change { state.journal.note(change) }
      state.refusesUntil = end
      return state.loggedRefusals.count < 64 && state.loggedRefusals.insert(text).inserted
    }
    if isNew { logger.error("Redis refuses a command, memory serves in its place: \(name): \(error)") }
  }
}

/// A store that writes to Redis what memory took meanwhile.
protocol FallbackComponent: Sendable {
  /// Everything that memory has and Redis may have lost, since it may come back with less than it had.
  func inventory() -> [FallbackChange]
  /// - Parameter changes: of all stores, in order; others' are passed over.
  func writeThrough(_ changes: [FallbackChange]) async throws
}

extension RedisError {
  static let anotherRun = Self(.restarted, "it was restarted or another server took its place")
}
