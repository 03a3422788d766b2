import NIOConcurrencyHelpers
import ServiceLifecycle

/// Keeps the listener for a while after a drain has begun, so that balancers see `/readyz` change before connections are refused.
final class DrainDelay: Service {
  private let end = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

  /// - Parameter delay: time from now that the listener stays.
  func begin(_ delay: Duration) {
    let moment = ContinuousClock.now + delay
    end.withLockedValue { $0 = moment }
  }

  func run() async throws {
    try await gracefulShutdown()
    if let end = end.withLockedValue({ $0 }) { try? await Task.sleep(until: end, clock: .continuous) }
  }
}
