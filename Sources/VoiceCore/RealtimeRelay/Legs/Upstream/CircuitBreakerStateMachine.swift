package import NIOCore

/// Circuit breaker: opens after some failures in a row, then lets one trial query through.
package struct CircuitBreakerStateMachine: Equatable, Sendable {
  private enum State: Equatable {
    /// Asks. Becomes `open` with the last of the failures allowed in a row.
    case closed(failures: Int)
    /// Refuses until then; becomes `trying` with the first query after.
    case open(until: NIODeadline, pause: TimeAmount)
    /// One query is under way: `closed` with its success, `open` for longer with its failure.
    case trying(pause: TimeAmount)
  }

  package enum Change: Equatable {
    case opened(for: TimeAmount)
    case closed
  }

  private let failuresAllowed: Int
  private let firstPause: TimeAmount
  private let longestPause: TimeAmount
  private var state = State.closed(failures: 0)

  package init(failuresAllowed: Int, firstPause: TimeAmount, longestPause: TimeAmount) {
    self.failuresAllowed = max(1, failuresAllowed)
    self.firstPause = firstPause
    self.longestPause = longestPause
  }

  /// False while queries are refused or only tried.
  package var isClosed: Bool { if case .closed = state { true } else { false } }

  /// Returns true if a query may go out now.
  package mutating func admits(at now: NIODeadline) -> Bool {
    switch state {
    case .closed: return true
    case .open(let until, let pause):
      guard now >= until else { return false }
      state = .trying(pause: pause)
      return true
    case .trying: return false
    }
  }

  package mutating func succeeded() -> Change? {
    switch state {
    case .closed:
      state = .closed(failures: 0)
      return nil
    case .open, .trying:
      state = .closed(failures: 0)
      return .closed
    }
  }

  package mutating func failed(at now: NIODeadline) -> Change? {
    switch state {
    case .closed(let failures):
      guard failures + 1 >= failuresAllowed else {
        state = .closed(failures: failures + 1)
        return nil
      }
      state = .open(until: now + firstPause, pause: firstPause)
      return .opened(for: firstPause)
    case .open: return nil
    case .trying(let pause):
      let next = min(longestPause, pause + pause)
      state = .open(until: now + next, pause: next)
      return .opened(for: next)
    }
  }

  /// A query was given up before it could tell: another one tries.
  package mutating func cancelled(at now: NIODeadline) {
    switch state {
    case .closed, .open: break
    case .trying(let pause): state = .open(until: now, pause: pause)
    }
  }
}
