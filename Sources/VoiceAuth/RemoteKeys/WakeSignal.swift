import NIOConcurrencyHelpers

/// Wakes one task that waits. A signal that comes before the wait is not lost; several are one.
final class WakeSignal: Sendable {
  private enum State {
    case quiet
    case signalled
    case waiting(CheckedContinuation<Void, Never>)
  }

  private let state = NIOLockedValueBox(State.quiet)

  func signal() {
    let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
      switch state {
      case .quiet, .signalled:
        state = .signalled
        return nil
      case .waiting(let continuation):
        state = .quiet
        return continuation
      }
    }
    waiter?.resume()
  }

  /// Returns at a signal, and when the task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLockedValue { state in
          switch state {
          case .signalled:
            state = .quiet
            return true
          case .quiet:
            // A task is marked before its handler runs: one of the two sees the other.
            if Task.isCancelled { return true }
            state = .waiting(continuation)
            return false
          case .waiting: preconditionFailure("one task waits")
          }
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
        guard case .waiting(let continuation) = state else { return nil }
        state = .quiet
        return continuation
      }
      waiter?.resume()
    }
  }
}
