public import Logging
import NIOConcurrencyHelpers
import NIOCore
public import ServiceLifecycle

/// Decides for all stores of one Redis whether it serves, or memory in its place: memory takes over at once, with one warning; Redis is
/// used again when a probe finds it back and what changed meanwhile has been written through.
///
/// Redis is found back only while ``run()`` runs.
public final class Fallback: Service {
  private struct State {
    var machine = FallbackStateMachine()
    var journal: FallbackJournal
    var components: [any FallbackComponent] = []
    /// Written when Redis serves already: until then memory alone knows of them.
    var settling: Set<FallbackChange> = []
  }

  private let probe: @Sendable () async -> Bool
  private let operationTimeout: TimeAmount
  private let interval: Duration
  private let logger: Logger
  private let state: NIOLockedValueBox<State>

  /// - Parameters:
  ///   - operationTimeout: of all that one call has to ask Redis.
  ///   - interval: between two probes while Redis is away.
  ///   - journalCapacity: how many changes are remembered meanwhile; beyond, the oldest are forgotten.
  ///   - probe: whether Redis can be used.
  public init(
    operationTimeout: Duration, interval: Duration = .seconds(1), journalCapacity: Int = 100_000, logger: Logger,
    probe: @escaping @Sendable () async -> Bool
  ) {
    self.probe = probe
    self.operationTimeout = .nanoseconds(operationTimeout.inNanoseconds)
    self.interval = interval
    self.logger = logger
    state = NIOLockedValueBox(State(journal: FallbackJournal(capacity: journalCapacity)))
  }

  /// Whether memory serves now.
  public var isActive: Bool { state.withLockedValue { $0.machine.state != .primary } }

  /// Looks for Redis while it is away, until cancelled or shut down.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      while (try? await Task.sleep(for: interval)) != nil {
        if isActive { await tryToReturn() }
      }
    }
  }

  // MARK: For the stores

  func add(_ component: any FallbackComponent) { state.withLockedValue { $0.components.append(component) } }

  /// Does `work` on Redis when it serves. Nil when memory serves: then `change` is noted, and Redis will learn of it.
  ///
  /// Memory must have the change already. Were it noted first, it could be written through before memory has it.
  ///
  /// - Parameter changes: memory serves also where one of these is still to be written.
  func onPrimary<Value>(
    noting change: FallbackChange? = nil, unlessSettling changes: [FallbackChange] = [], _ work: () async throws -> Value
  ) async throws -> Value? {
    let isServing = state.withLockedValue { state in
      if state.machine.state == .primary { return state.settling.isEmpty || !changes.contains(where: state.settling.contains) }
      if let change { state.journal.note(change) }
      return false
    }
    guard isServing else { return nil }
    do { return try await RedisDeadline.$ofOperation.withValue(.now() + operationTimeout) { try await work() } } catch {
      guard (error as? RedisError)?.isOutage ?? false else { throw error }
      takeOver(error, noting: change)
      return nil
    }
  }

  private func takeOver(_ error: any Error, noting change: FallbackChange?) {
    let action = state.withLockedValue { state in
      if let change { state.journal.note(change) }
      return state.machine.primaryFailed()
    }
    guard action == .takeOver else { return }
    logger.warning("Redis is away; memory takes over", metadata: ["error": "\(error)"])
  }

  // MARK: The way back

  /// One probe; and where Redis is back, all that is due.
  func tryToReturn() async {
    let isBack = await probe()
    guard state.withLockedValue({ $0.machine.probed(isBack: isBack) }) == .writeThrough else { return }
    var isFirst = true
    while true {
      let changes = state.withLockedValue { $0.journal.takeAll() }
      if let error = await write(changes, isFirst: isFirst) {
        logger.debug("writing through failed", metadata: ["error": "\(error)"])
        return state.withLockedValue { state in
          state.journal.putBack(changes)
          _ = state.machine.writeThroughFailed()
        }
      }
      isFirst = false
      let (action, rest) = state.withLockedValue { state -> (FallbackStateMachine.Action, [FallbackChange]) in
        let action = state.machine.wroteThrough(left: state.journal.count)
        guard action == .resume else { return (action, []) }
        let rest = state.journal.takeAll()
        state.settling = Set(rest)
        return (action, rest)
      }
      if action == .resume { return await resumed(with: rest) }
    }
  }

  /// Redis serves again; the last few changes follow.
  private func resumed(with rest: [FallbackChange]) async {
    if let error = await write(rest, isFirst: false) {
      state.withLockedValue { state in
        state.settling = []
        state.journal.putBack(rest)
      }
      return takeOver(error, noting: nil)
    }
    let dropped = state.withLockedValue { state in
      state.settling = []
      return state.journal.dropped
    }
    logger.notice("Redis is back; what was made meanwhile is written", metadata: dropped == 0 ? [:] : ["changes_forgotten": "\(dropped)"])
  }

  private func write(_ changes: [FallbackChange], isFirst: Bool) async -> (any Error)? {
    do {
      for component in state.withLockedValue({ $0.components }) { try await component.writeThrough(changes, isFirst: isFirst) }
      return nil
    } catch { return error }
  }
}

/// A store that writes to Redis what memory took meanwhile.
protocol FallbackComponent: Sendable {
  /// - Parameters:
  ///   - changes: of all stores, in order; others' are passed over.
  ///   - isFirst: also what Redis may have lost is written, since it may come back with less than it had.
  func writeThrough(_ changes: [FallbackChange], isFirst: Bool) async throws
}
