import Foundation

/// Figures over questions: each source counts once, however many of its passages were found.
struct EvalFigures {
  private(set) var count = 0
  private var first = 0
  private var firstThree = 0
  private var reciprocal = 0.0
  private var nothing = 0
  private var times: [Double] = []
  var failures = 0

  static func isSame(_ source: String, _ wanted: String) -> Bool { source == wanted || source.hasSuffix("/" + wanted) }

  /// The place of the wanted source, from 1; nil where it was not found.
  mutating func note(_ sources: [String], wanted: String, in time: Duration) -> Int? {
    var different: [String] = []
    for source in sources where !different.contains(source) { different.append(source) }
    count += 1
    times.append(time / .milliseconds(1))
    if different.isEmpty { nothing += 1 }
    guard let place = different.prefix(10).firstIndex(where: { Self.isSame($0, wanted) }) else { return nil }
    if place == 0 { first += 1 }
    if place < 3 { firstThree += 1 }
    reciprocal += 1 / Double(place + 1)
    return place + 1
  }

  var line: String {
    let all = Double(max(1, count))
    let sorted = times.sorted()
    func percentile(_ share: Double) -> Double {
      sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }
    return String(
      format: "hit@1 %.3f  hit@3 %.3f  MRR %.3f  of %d questions, %d without any answer, %d failed  p50 %.1f ms  p99 %.1f ms",
      Double(first) / all, Double(firstThree) / all, reciprocal / all, count, nothing, failures, percentile(0.5), percentile(0.99))
  }
}
