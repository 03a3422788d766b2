import Metrics

/// Times what waits for a store, by operation.
struct StoreInstruments: Sendable {
  enum Operation: String, CaseIterable {
    case save, load, delete, touch, list, tenure, take, leave, admit, refund, reset, acquire, renew, release
  }

  /// Help texts of the metrics made here.
  static let help = [
    "voice_store_duration_seconds": "Duration of an operation on sessions, limits or leases, Redis' round trips included.",
    "voice_store_failures_total": "Operations on sessions, limits or leases that failed.",
  ]

  private let timers: [Operation: Timer]
  private let failures: [Operation: Counter]

  init(_ factory: any MetricsFactory) {
    func all<Metric>(_ make: (Operation) -> Metric) -> [Operation: Metric] {
      Dictionary(uniqueKeysWithValues: Operation.allCases.map { ($0, make($0)) })
    }
    timers = all { Timer(label: "voice_store_duration", dimensions: [("operation", $0.rawValue)], factory: factory) }
    failures = all { Counter(label: "voice_store_failures", dimensions: [("operation", $0.rawValue)], factory: factory) }
  }

  func callAsFunction<Value>(_ operation: Operation, _ body: () async throws -> Value) async throws -> Value {
    let clock = ContinuousClock()
    let began = clock.now
    do {
      let value = try await body()
      timers[operation]?.record(duration: clock.now - began)
      return value
    } catch {
      failures[operation]?.increment()
      throw error
    }
  }
}
