import VoiceCore

/// Decides which of a collector's refusals are worth a line: each kind once, whatever signal it hits, and once more only after it was well
/// for a while.
struct OTLPProblems: Sendable {
  private struct Problem: Hashable, Sendable {
    var host: String
    /// A status, or 0 where no answer came.
    var status: Int
  }
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
