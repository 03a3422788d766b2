import NIOConcurrencyHelpers
public import TelemetryExport
public import VoiceCore

/// The last hour of this instance in stretches of ten seconds, and its last turns: what the dashboard draws.
public final class Timeline: RelayObserver, TraceSink {
  /// Length of one interval.
  public static let intervalMilliseconds: Int64 = 10_000
  private static let keptPoints = 360
  private static let keptTurns = 24

  private struct State {
    var points: [TimelinePoint] = []
    var current: TimelineInterval
    var active = 0
    var turns: [TimelineTurn] = []
  }
  private let state: NIOLockedValueBox<State>
  private let now: @Sendable () -> UnixTime

  /// Creates a timeline.
  public init(now: @escaping @Sendable () -> UnixTime) {
    self.now = now
    state = NIOLockedValueBox(State(current: TimelineInterval(at: Self.beginning(of: now()))))
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    let start = Self.beginning(of: now())
    state.withLockedValue { state in
      Self.turn(&state, to: start)
      state.current.observed(event)
      switch event {
      case .started: state.active += 1
      case .ended: state.active -= 1
      default: break
      }
    }
  }

  public func finished(_ trace: FinishedTrace) {
    guard let turn = TimelineTurn(trace) else { return }
    state.withLockedValue { state in
      state.turns.append(turn)
      if state.turns.count > Self.keptTurns { state.turns.removeFirst() }
    }
  }

  /// Stretches that began after this moment, the one under way last; and the last turns.
  public func view(after: Int64) -> (points: [TimelinePoint], turns: [TimelineTurn]) {
    let start = Self.beginning(of: now())
    return state.withLockedValue { state in
      Self.turn(&state, to: start)
      return (state.points.filter { $0.at > after } + [state.current.finished(active: state.active)], state.turns)
    }
  }

  private static func beginning(of time: UnixTime) -> Int64 { time.milliseconds - time.milliseconds % intervalMilliseconds }

  /// Stretches in which nothing happened are there too, with the sessions that were open.
  private static func turn(_ state: inout State, to start: Int64) {
    let kept = Int64(keptPoints) * intervalMilliseconds
    // A clock that was set back begins no new stretch.
    while state.current.point.at < start {
      state.points.append(state.current.finished(active: state.active))
      state.current = TimelineInterval(at: max(state.current.point.at + intervalMilliseconds, start - kept))
    }
    if state.points.count > keptPoints { state.points.removeFirst(state.points.count - keptPoints) }
  }
}
