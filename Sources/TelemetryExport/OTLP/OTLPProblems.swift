import VoiceCore

/// Decides which of a collector's refusals are worth a line: each kind once, whatever signal it hits, and once more only after it was well
/// for a while.
struct OTLPProblems: Sendable {
  private struct Problem: Hashable, Sendable {
    var host: String
    /// A status, or 0 where no answer came; 200 where a part of what was sent was rejected.
    var status: Int
  }
  /// Hosts that took all, and warned of something.
  private var warned: Set<String> = []
  /// The signals that have each problem.
  private var known: [Problem: Set<String>] = [:]
  private var lastProblem: UnixTime?
  /// Time without a problem after which the next one is logged again.
  private let quiet = Duration.seconds(60)

  /// Answers whether this is to be logged.
  mutating func failed(_ signal: String, at host: String, status: Int, now: UnixTime) -> Bool {
    lastProblem = now
    let problem = Problem(host: host, status: status)
    let isNew = known[problem] == nil
    known[problem, default: []].insert(signal)
    return isNew
  }

  /// A warning of a collector that takes all it is sent is no problem, and comes with every answer: answers whether it is the first.
  mutating func warned(by host: String) -> Bool { warned.insert(host).inserted }

  /// Answers whether the collector is well again after what was logged.
  mutating func succeeded(_ signal: String, at host: String, now: UnixTime) -> Bool {
    guard let lastProblem, now >= lastProblem + quiet else { return false }
    var isWell = false
    for problem in known.keys where problem.host == host && known[problem]?.remove(signal) != nil {
      guard known[problem]?.isEmpty ?? false else { continue }
      known[problem] = nil
      isWell = true
    }
    return isWell
  }
}
