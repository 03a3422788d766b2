import NIOConcurrencyHelpers

/// Where the process stands: `/readyz` and the health report ask for it.
final class Lifecycle: Sendable {
  enum Phase: Sendable, Equatable { case starting, ready, draining }

  private let state = NIOLockedValueBox(Phase.starting)

  var phase: Phase { state.withLockedValue { $0 } }

  /// Does nothing once a drain has begun.
  func becameReady() { state.withLockedValue { if $0 == .starting { $0 = .ready } } }
  func startedDraining() { state.withLockedValue { $0 = .draining } }
}
