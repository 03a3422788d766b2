/// Upper bounds of buckets in seconds, ascending: each kind of duration has those that tell its values apart. `+Inf` is implied.
package enum LatencyBounds {
  /// Turns, their parts and dials: tens of milliseconds to half a minute.
  package static let turn: [Double] = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.5, 2.5, 5, 10, 30]
  /// Queries to a retriever: an embedded index takes one, a service some hundred milliseconds.
  package static let query: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2, 5]
  /// Waits for context: near the longest that is allowed.
  package static let wait: [Double] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.5, 1, 2.5]
  /// Steps of an admission: a memory store takes microseconds.
  package static let step: [Double] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
  /// Whole sessions.
  package static let session: [Double] = [1, 5, 15, 30, 60, 120, 180, 300, 450, 600, 900, 1_800, 3_600, 7_200, 14_400]
  /// Operations of a model, by OpenTelemetry's conventions for generative AI.
  package static let operation: [Double] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
  ]
}
