import NIOConcurrencyHelpers

/// Phase of the process, for `/readyz` and the health report.
final class Lifecycle: Sendable {
  enum Phase: Sendable, Equatable { case starting, ready, draining }

  private struct State {
    var phase = Phase.starting
    var lingersUntil: ContinuousClock.Instant?
  }

  private let state = NIOLockedValueBox(State())

  var phase: Phase { state.withLockedValue { $0.phase } }
  /// End of the listener's stay; nil while no drain has begun.
  var lingersUntil: ContinuousClock.Instant? { state.withLockedValue { $0.lingersUntil } }

  /// Does nothing once a drain has begun.
  func becameReady() { state.withLockedValue { if $0.phase == .starting { $0.phase = .ready } } }

  /// - Parameter delay: how long the listener stays, that balancers notice.
  func startedDraining(lingering delay: Duration = .zero) {
    let end = ContinuousClock.now + delay
    state.withLockedValue { $0 = State(phase: .draining, lingersUntil: end) }
  }
}
