import NIOCore
import VoiceTelemetry

/// Findings of all speakers of a load, and by them the number of sessions at which the gateway is full.
struct LoadTally: Sendable {
  /// Turns and faults while so many sessions were open.
  struct Step: Sendable {
    var turns = LatencyHistogram()
    var faults: [String: Int] = [:]
  }

  enum Limit: Equatable {
    /// All sessions, of this number at once, had answers in time.
    case notReached(sessions: Int)
    /// Turns were too few at every number of sessions to say anything about it.
    case unmeasured(turns: Int)
    /// p95 in milliseconds, at this many sessions; `good` is the last number that was in time.
    case latency(sessions: Int, p95: Double, good: Int)
    case faults(sessions: Int, code: String, good: Int)
  }

  private let plan: LoadPlan
  private(set) var dialled = 0
  private(set) var open = 0
  private(set) var mostOpen = 0
  private(set) var openings = LatencyHistogram()
  private(set) var turns = LatencyHistogram()
  private(set) var faults: [String: Int] = [:]
  private var steps: [Int: Step] = [:]

  /// Turns in a step that say something about it.
  static let enough = 10
  /// A share of faults that users notice.
  private static let tolerable = 0.02

  init(plan: LoadPlan) { self.plan = plan }

  mutating func add(_ event: LoadEvent) {
    switch event {
    case .dialled: dialled += 1
    case .opened(let time):
      open += 1
      mostOpen = max(mostOpen, open)
      openings.record(.nanoseconds(time.nanoseconds))
    case .answered(let time):
      turns.record(.nanoseconds(time.nanoseconds))
      steps[step, default: Step()].turns.record(.nanoseconds(time.nanoseconds))
    case .failed(let code):
      faults[code, default: 0] += 1
      steps[step, default: Step()].faults[code, default: 0] += 1
    case .closed(let wasOpen): open -= wasOpen ? 1 : 0
    }
  }

  var faultCount: Int { faults.values.reduce(0, +) }

  /// The upper end of the step that the open sessions fall into.
  private var step: Int { (max(open, 1) + plan.step - 1) / plan.step * plan.step }

  var limit: Limit {
    var good = 0
    for (sessions, step) in steps.sorted(by: { $0.key < $1.key }) {
      let reached = min(sessions, mostOpen)
      let count = step.faults.values.reduce(0, +)
      if let worst = step.faults.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
        Double(count) > Self.tolerable * Double(count + Int(step.turns.count))
      {
        return .faults(sessions: reached, code: worst.key, good: good)
      }
      guard step.turns.count >= Self.enough, let p95 = step.turns.percentile(95) else { continue }
      if p95 > plan.latencyLimit / .milliseconds(1) { return .latency(sessions: reached, p95: p95, good: good) }
      good = reached
    }
    return good == 0 ? .unmeasured(turns: Int(turns.count)) : .notReached(sessions: good)
  }
}
