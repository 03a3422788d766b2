import VoiceCore

/// Counts of this instance in one interval.
public struct TimelinePoint: Codable, Sendable, Equatable {
  /// Start in milliseconds since 1970.
  public var at: Int64
  /// Sessions that were open when it ended.
  public var active = 0
  /// Sessions that started.
  public var started = 0
  /// Callers that were refused by their own fault.
  public var refused = 0
  /// Turns that got an answer.
  public var turns = 0
  /// End of speech to first audio, in milliseconds; nil where no turn was spoken.
  public var p50: Double?
  /// 95th percentile of the same, in milliseconds.
  public var p95: Double?
  /// 99th percentile of the same, in milliseconds.
  public var p99: Double?
  /// Sessions and answers that ended.
  public var outcomes = 0
  /// Those of them that failed by a fault of the server's side.
  public var faults = 0
  /// Retrievals by outcome.
  public var retrievals: [String: Int] = [:]

  /// Creates a timeline point.
  public init(at: Int64) { self.at = at }
}

/// The stretch of time that is under way.
struct TimelineInterval: Sendable {
  private(set) var point: TimelinePoint
  private var latency = LatencyHistogram()

  init(at: Int64) { point = TimelinePoint(at: at) }

  mutating func observed(_ event: RelayEvent) {
    switch event {
    case .started: point.started += 1
    case .refused(let reason, _):
      if reason.isServerFault {
        point.outcomes += 1
        point.faults += 1
      } else {
        point.refused += 1
      }
    case .turn(let metrics):
      point.turns += 1
      if let time = metrics.speechStoppedToFirstAudio { latency.record(time) }
    case .responseDone(let status, _):
      point.outcomes += 1
      if status == "failed" { point.faults += 1 }
    case .retrieval(let metrics): point.retrievals[metrics.status, default: 0] += 1
    case .ended(let reason, _):
      point.outcomes += 1
      if reason.isServerFault { point.faults += 1 }
    default: break
    }
  }

  /// Returns the point with its percentiles.
  func finished(active: Int) -> TimelinePoint {
    var point = point
    point.active = active
    (point.p50, point.p95, point.p99) = (latency.percentile(50), latency.percentile(95), latency.percentile(99))
    return point
  }
}
