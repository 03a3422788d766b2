import NIOConcurrencyHelpers

/// A clock for sleeping that the test moves: a sleeper wakes when its moment has come.
public final class TestClock: Clock {
  /// A moment, as the time since the clock began.
  public struct Instant: InstantProtocol {
    /// Time since the clock began.
    public var offset: Duration
    public func advanced(by duration: Duration) -> Self { Self(offset: offset + duration) }
    public func duration(to other: Self) -> Duration { other.offset - offset }
    public static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
  }

  private struct State {
    var now = Instant(offset: .zero)
    var nextID = 0
    var sleepers: [Int: (until: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
    var cancelled: Set<Int> = []
    var watchers: [(until: Instant, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = NIOLockedValueBox(State())

  /// Creates a clock that stands at its beginning.
  public init() {}

  public var now: Instant { state.withLockedValue { $0.now } }
  public var minimumResolution: Duration { .zero }

  public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLockedValue { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let (isOver, watchers) = state.withLockedValue { state -> (Bool, [CheckedContinuation<Void, Never>]) in
          if Task.isCancelled || state.cancelled.remove(id) != nil || deadline <= state.now { return (true, []) }
          state.sleepers[id] = (deadline, continuation)
          defer { state.watchers.removeAll { $0.until == deadline } }
          return (false, state.watchers.filter { $0.until == deadline }.map(\.continuation))
        }
        for watcher in watchers { watcher.resume() }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let sleeper = state.withLockedValue { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Moves the clock to this time since its beginning.
  public func advance(to offset: Duration) {
    let due = state.withLockedValue { state in
      state.now.offset = offset
      let now = state.now
      let due = state.sleepers.filter { $0.value.until <= now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }

  /// Returns once a task sleeps until exactly this.
  public func sleeper(until offset: Duration) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLockedValue { state in
        if state.sleepers.values.contains(where: { $0.until.offset == offset }) { return true }
        state.watchers.append((Instant(offset: offset), continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}
