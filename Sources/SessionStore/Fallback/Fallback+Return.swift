import Logging
import NIOConcurrencyHelpers
import NIOCore

// The way back from memory to Redis.
extension Fallback {
  /// One probe; and where Redis is back, all that is due.
  ///
  /// - Parameter isLast: there is no later attempt to wait for.
  func tryToReturn(isLast: Bool = false) async {
    let began = now()
    guard isLast || state.withLockedValue({ $0.machine.mayProbe(at: began) }) else { return }
    var isBack = true
    do { try await probe() } catch {
      isBack = false
      logger.debug("Redis is still away", metadata: ["error": "\(error)"])
    }
    guard state.withLockedValue({ $0.machine.probed(isBack: isBack) }) == .writeThrough else { return }
    let losses = lostConnections()
    prepare(run: try? await runOfRedis(), losses)
    while true {
      let piece = state.withLockedValue { $0.piece }
      if let error = await writeJournal() {
        logger.debug("writing through failed", metadata: ["error": "\(error)"])
        // A piece that was too slow is half as large now: while Redis answers, it goes on at once.
        if (error as? RedisError)?.mayPass == true, piece > 1, (try? await probe()) != nil { continue }
        return state.withLockedValue { _ = $0.machine.writeThroughFailed() }
      }
      let now = now()
      let (action, rest) = state.withLockedValue { state -> (FallbackStateMachine.Action, [FallbackChange]) in
        let action = state.machine.wroteThrough(left: state.journal.count, at: now)
        guard action == .resume else { return (action, []) }
        let rest = state.journal.takeAll()
        state.settling = Set(rest)
        return (action, rest)
      }
      if action == .resume { return await resumed(with: rest) }
    }
  }

  /// Looks whether the Redis that serves is still there, and still the same: a server that goes or restarts between two commands takes its
  /// data with it, and no command fails. Memory serves then, until Redis has what memory has.
  func look() async {
    guard let error = await failureOfLook() else { return }
    takeOver(error, noting: nil)
    await tryToReturn()
  }

  private func failureOfLook() async -> (any Error)? {
    if await hasSameRun() == true { return nil }
    // One slow reply is no outage: what dials anew decides.
    do { try await probe() } catch { return error }
    return await hasSameRun() == false ? RedisError.anotherRun : nil
  }

  /// Nil where Redis cannot be asked.
  private func hasSameRun() async -> Bool? {
    let losses = lostConnections()
    guard let run = try? .some(await runOfRedis()) else { return nil }
    return isSame(run, losses)
  }

  /// The run of Redis that was served before has lost nothing: an earlier attempt is continued. Any other may have less
  /// than it had.
  private func prepare(run: String?, _ losses: Int) {
    let components = state.withLockedValue { state -> [any FallbackComponent]? in
      defer { (state.run, state.losses) = (run, losses) }
      guard run == nil || run != state.run else { return nil }
      return state.components
    }
    guard let components else { return }
    let owed = components.flatMap { $0.inventory() }
    state.withLockedValue { $0.owed = owed }
  }

  /// Writes what Redis may have lost, then what is in the journal now, piece by piece: a failure leaves only what is not written yet.
  private func writeJournal() async -> (any Error)? {
    while let piece = state.withLockedValue({ state in state.owed.map { Array($0.suffix(state.piece)) } }), !piece.isEmpty {
      switch await write(piece) {
      case .done: state.withLockedValue { $0.owed?.removeLast(piece.count) }
      case .tooMany: continue
      case .failed(let error): return error
      }
    }
    var changes = state.withLockedValue { $0.journal.takeAll() }[...]
    guard let error = await writeInPieces(&changes) else { return nil }
    state.withLockedValue { $0.journal.putBack(Array(changes)) }
    return error
  }

  /// Leaves in `changes` what is not written.
  private func writeInPieces(_ changes: inout ArraySlice<FallbackChange>) async -> (any Error)? {
    while !changes.isEmpty {
      let piece = Array(changes.prefix(state.withLockedValue { $0.piece }))
      switch await write(piece) {
      case .done: changes.removeFirst(piece.count)
      case .tooMany: continue
      case .failed(let error): return error
      }
    }
    return nil
  }

  static let largestPiece = 512
  private static let mostRefusedAgain = 6

  /// Writes what Redis refused for what it is about, each change by itself: one that is refused again holds up no other. The next time is
  /// 2, 4, … 64 s later, until all of them are taken.
  func settleRefused() async {
    let began = now()
    let due = state.withLockedValue { state -> [FallbackChange] in
      guard state.machine.state == .primary, state.retriesRefusedAt.map({ $0 <= began }) ?? true else { return [] }
      return state.journal.takeAll()
    }
    guard !due.isEmpty else { return }
    var tried = 0
    var outage: (any Error)?
    for change in due.prefix(Self.largestPiece) {
      if case .failed(let error) = await write([change]) {
        outage = error
        break
      }
      tried += 1
    }
    state.withLockedValue { [tried] state in
      let refused = state.unwritable.takeAll()
      state.journal.putBack(due.dropFirst(tried) + refused)
      state.refusedAgain = refused.isEmpty ? 0 : min(state.refusedAgain + 1, Self.mostRefusedAgain)
      state.retriesRefusedAt = refused.isEmpty ? nil : began + .seconds(1 << Int64(state.refusedAgain))
    }
    if let outage, !Task.isCancelled { takeOver(outage, noting: nil) }
  }

  /// Redis serves again; the last few changes follow.
  private func resumed(with rest: [FallbackChange]) async {
    var unwritten = rest[...]
    if let error = await writeInPieces(&unwritten) {
      state.withLockedValue { state in
        state.settling = []
        state.journal.putBack(Array(unwritten))
      }
      return takeOver(error, noting: nil)
    }
    let (dropped, refused, refusal, failures) = state.withLockedValue { state in
      state.settling = []
      state.piece = Self.largestPiece
      let refused = state.unwritable.takeAll()
      state.journal.putBack(refused)
      (state.refusedAgain, state.retriesRefusedAt) = (0, nil)
      return (state.journal.dropped, refused.count, state.refusal ?? "", state.machine.failedReturns)
    }
    let isLogged = failures < Self.loggedReturns
    if refused > 0 {
      logger.log(
        level: isLogged ? .error : .debug, "Redis refuses what memory has of single keys: \(name); it is tried again",
        metadata: ["changes": "\(refused)", "error": "\(refusal)"])
    }
    logger.log(
      level: isLogged ? .notice : .debug, "Redis connected successfully: \(name); what was made meanwhile is written",
      metadata: dropped == 0 ? [:] : ["changes_forgotten": "\(dropped)"])
  }

  private enum Outcome {
    /// All of it is written, or set aside.
    case done
    /// One of them is refused for what it is about: smaller pieces tell which.
    case tooMany
    case failed(any Error)
  }

  /// Writes changes. One that Redis refuses for what it is about is set aside, so that it keeps no other from Redis. Words that are not known
  /// are of one change where it was alone, and a probe passes right after it.
  ///
  /// A Redis that is too slow for a piece gets half of it from then on, down to a single change, until all is written.
  private func write(_ changes: [FallbackChange]) async -> Outcome {
    do {
      for component in state.withLockedValue({ $0.components }) { try await component.writeThrough(changes) }
      return .done
    } catch {
      state.withLockedValue { $0.piece = max($0.piece / 2, 1) }
      let known = error as? RedisError
      guard known?.mayBeOfOneCommand != false, !Task.isCancelled else { return .failed(error) }
      guard changes.count == 1 else { return .tooMany }
      let isOfOne = if known?.isOutage == true { (try? await probe()) != nil } else { true }
      state.withLockedValue { state in
        state.piece = Self.largestPiece
        guard isOfOne else { return }
        state.refusal = "\(error)"
        state.unwritable.note(changes[0])
      }
      return isOfOne ? .done : .failed(error)
    }
  }
}
