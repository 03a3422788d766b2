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
      if let error = await write(piece) {
        guard isOfOneChange(error) else { return error }
        guard setAside(piece) else { continue }
      }
      state.withLockedValue { $0.owed?.removeLast(piece.count) }
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
      if let error = await write(piece) {
        guard isOfOneChange(error) else { return error }
        guard setAside(piece) else { continue }
      }
      changes.removeFirst(piece.count)
    }
    return nil
  }

  /// True where not Redis as a whole, but what one of the changes is about, is why it is not written: it must not keep all others from Redis.
  private func isOfOneChange(_ error: any Error) -> Bool { (error as? RedisError)?.isOutage != true && !Task.isCancelled }

  /// Sets a change aside that was written by itself, and not taken. False where there were several: smaller pieces tell which it is.
  private func setAside(_ piece: [FallbackChange]) -> Bool {
    guard piece.count == 1 else { return false }
    state.withLockedValue { state in
      state.unwritable.note(piece[0])
      state.piece = Self.largestPiece
    }
    return true
  }

  static let largestPiece = 512

  /// Writes what Redis refused for what single keys hold, each change by itself: one that is refused again holds up no other.
  func settleRefused() async {
    guard !isActive else { return }
    var changes = state.withLockedValue { $0.journal.takeAll() }[...]
    var refused: [FallbackChange] = []
    var outage: (any Error)?
    for change in changes.prefix(Self.largestPiece) {
      do { try await writeThrough([change]) } catch {
        guard isOfOneChange(error) else {
          outage = error
          break
        }
        refused.append(change)
      }
      changes.removeFirst()
    }
    state.withLockedValue { [changes, refused] in $0.journal.putBack(Array(changes) + refused) }
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
    let (dropped, refused, failures) = state.withLockedValue { state in
      state.settling = []
      state.piece = Self.largestPiece
      let refused = state.unwritable.takeAll()
      state.journal.putBack(refused)
      return (state.journal.dropped, refused.count, state.machine.failedReturns)
    }
    if refused > 0 {
      logger.error("Redis refuses what memory has of single keys: \(name); it is tried again", metadata: ["changes": "\(refused)"])
    }
    logger.log(
      level: failures < Self.loggedReturns ? .notice : .debug, "Redis connected successfully: \(name); what was made meanwhile is written",
      metadata: dropped == 0 ? [:] : ["changes_forgotten": "\(dropped)"])
  }

  /// A Redis that is too slow for a piece gets half of it from then on, down to a single change, until all is written.
  private func write(_ changes: [FallbackChange]) async -> (any Error)? {
    do {
      try await writeThrough(changes)
      return nil
    } catch {
      state.withLockedValue { $0.piece = max($0.piece / 2, 1) }
      return error
    }
  }

  private func writeThrough(_ changes: [FallbackChange]) async throws {
    for component in state.withLockedValue({ $0.components }) { try await component.writeThrough(changes) }
  }
}
