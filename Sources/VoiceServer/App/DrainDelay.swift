import ServiceLifecycle

/// Keeps the listener for a while after a drain has begun, so that balancers see `/readyz` change before connections are refused.
struct DrainDelay: Service {
  let lifecycle: Lifecycle

  init(_ lifecycle: Lifecycle) { self.lifecycle = lifecycle }

  func run() async throws {
    try await gracefulShutdown()
    if let end = lifecycle.lingersUntil { try? await Task.sleep(until: end, clock: .continuous) }
  }
}
