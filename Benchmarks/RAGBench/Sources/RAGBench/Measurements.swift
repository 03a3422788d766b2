import NIOConcurrencyHelpers
import NIOCore

/// What was measured, by row.
final class Measurements: Sendable {
  struct Row: Sendable {
    /// From `committed` to `response.create`, at upstream, in ms.
    var waits: [Double] = []
    /// From the end of speech to the first audio at the caller, in ms.
    var totals: [Double] = []
    var statuses: [String: Int] = [:]
    /// Contexts whose query was about what the user asked in the end.
    var rightQueries = 0
    var contexts = 0
  }

  private let rows = NIOLockedValueBox<[Scenario: Row]>([:])
  private let stopped = NIOLockedValueBox<[String: NIODeadline]>([:])

  subscript(_ scenario: Scenario) -> Row { rows.withLockedValue { $0[scenario] ?? Row() } }

  func note(_ scenario: Scenario, _ change: (inout Row) -> Void) { rows.withLockedValue { change(&$0[scenario, default: Row()]) } }

  /// Upstream said that speech stopped: the answer to it has this response.
  func speechStopped(_ response: String, at time: NIODeadline) { stopped.withLockedValue { $0[response] = time } }
  func timeOfSpeechEnd(_ response: String) -> NIODeadline? { stopped.withLockedValue { $0.removeValue(forKey: response) } }
}

extension [Double] {
  func percentile(_ share: Double) -> Double {
    guard !isEmpty else { return .nan }
    return sorted()[Swift.min(count - 1, Int((Double(count) * share).rounded(.up)) - 1)]
  }
}
