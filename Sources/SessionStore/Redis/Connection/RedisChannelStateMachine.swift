import NIOCore

/// Keeps one connection to one server alive: dials when the first command comes, dials again when the connection was lost, and holds
/// commands back meanwhile as long as their deadlines leave hope.
struct RedisChannelStateMachine {
  private enum State: Equatable {
    /// No command has arrived yet. Becomes `dialling` with the first one.
    case idle
    /// Waits for a connection that has greeted. Becomes `connected` or `backingOff`.
    case dialling(failures: Int)
    /// Becomes `backingOff` when the connection is lost.
    case connected
    /// Waits for the next attempt. Becomes `dialling`.
    case backingOff(failures: Int, until: NIODeadline)
    /// The end.
    case stopped
  }

  private struct Waiting {
    var id: UInt64
    var deadline: NIODeadline
    var bytes: Int
  }

  enum SubmitAction: Equatable {
    case send
    case wait
    case waitAndDial
    case refuse(Refusal)
    enum Refusal: Equatable { case down, full, stopped }
  }

  enum TimeAction: Equatable {
    /// The deadlines of these have passed.
    case fail([UInt64])
    case dial
  }

  private let backoff: Backoff
  private let maximumCommands: Int
  private let maximumBytes: Int
  private var state = State.idle
  private var waiting: [Waiting] = []
  private var waitingBytes = 0

  init(backoff: Backoff, maximumCommands: Int = .max, maximumBytes: Int = .max) {
    self.backoff = backoff
    self.maximumCommands = maximumCommands
    self.maximumBytes = maximumBytes
  }

  /// - Parameter isUrgent: dials at once, also where the next attempt is due later.
  mutating func submitted(_ id: UInt64, deadline: NIODeadline, bytes: Int, isUrgent: Bool = false) -> SubmitAction {
    switch state {
    case .idle:
      state = .dialling(failures: 0)
      return wait(id, deadline, bytes, .waitAndDial)
    case .dialling: return wait(id, deadline, bytes, .wait)
    case .connected: return .send
    case .backingOff(let failures, let until):
      if isUrgent {
        state = .dialling(failures: failures)
        enqueue(id, deadline, bytes)
        return .waitAndDial
      }
      return until < deadline ? wait(id, deadline, bytes, .wait) : .refuse(.down)
    case .stopped: return .refuse(.stopped)
    }
  }

  /// The server has greeted: returns the commands that waited, in order.
  mutating func connected() -> [UInt64] {
    switch state {
    case .dialling:
      state = .connected
      return takeAll()
    case .stopped: return []
    case .idle, .connected, .backingOff: preconditionFailure("only a dial connects")
    }
  }

  /// The dial failed, or the connection ended: returns the commands whose deadlines come before the next attempt.
  ///
  /// - Parameters:
  ///   - isHopeless: what the server said will not change soon: the longest delay is taken at once.
  ///   - jitter: from 0 to 1.
  mutating func disconnected(isHopeless: Bool = false, jitter: Double, at now: NIODeadline) -> [UInt64] {
    let failures: Int
    switch state {
    case .dialling(let before): failures = before + 1
    case .connected: failures = 1
    case .stopped: return []
    case .idle, .backingOff: preconditionFailure("there was no connection to lose")
    }
    let delay = isHopeless ? backoff.maximum : backoff.delay(failure: failures, jitter: jitter)
    let until = now + TimeAmount(delay)
    state = .backingOff(failures: failures, until: until)
    return take { $0.deadline <= until }
  }

  mutating func timePassed(at now: NIODeadline) -> [TimeAction] {
    var actions: [TimeAction] = []
    let late = take { $0.deadline <= now }
    if !late.isEmpty { actions.append(.fail(late)) }
    if case .backingOff(let failures, let until) = state, until <= now {
      state = .dialling(failures: failures)
      actions.append(.dial)
    }
    return actions
  }

  /// Time of the next call of ``timePassed(at:)``; nil if none is needed.
  var nextTime: NIODeadline? {
    let first = waiting.lazy.map(\.deadline).min()
    guard case .backingOff(_, let until) = state else { return first }
    return first.map { min($0, until) } ?? until
  }

  /// Returns the commands that waited.
  mutating func stopped() -> [UInt64] {
    state = .stopped
    return takeAll()
  }

  private mutating func wait(_ id: UInt64, _ deadline: NIODeadline, _ bytes: Int, _ action: SubmitAction) -> SubmitAction {
    guard waiting.isEmpty || (waiting.count < maximumCommands && waitingBytes + bytes <= maximumBytes) else { return .refuse(.full) }
    enqueue(id, deadline, bytes)
    return action
  }

  private mutating func enqueue(_ id: UInt64, _ deadline: NIODeadline, _ bytes: Int) {
    waiting.append(Waiting(id: id, deadline: deadline, bytes: bytes))
    waitingBytes += bytes
  }

  private mutating func takeAll() -> [UInt64] { take { _ in true } }

  private mutating func take(where isTaken: (Waiting) -> Bool) -> [UInt64] {
    let taken = waiting.filter(isTaken)
    guard !taken.isEmpty else { return [] }
    waiting.removeAll(where: isTaken)
    waitingBytes -= taken.reduce(0) { $0 + $1.bytes }
    return taken.map(\.id)
  }
}
