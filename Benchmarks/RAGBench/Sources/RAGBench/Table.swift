import Foundation

/// The figures as they are printed, and whether they keep what is promised.
struct Table {
  let results: [(design: Design, measurements: Measurements)]

  func print() {
    line("question", "retrieval", "design", "turns", "wait p50", "p99", "max", "total p50", "p99", "outcomes")
    for scenario in Scenario.all {
      for (design, measurements) in results {
        let row = measurements[scenario]
        let outcomes = row.statuses.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let right =
          scenario.kind == .changedMind && row.contexts > 0 ? "; \(row.rightQueries * 100 / row.contexts) % of the question meant" : ""
        line(
          scenario.kind.rawValue, "\(scenario.retrieval)", design.rawValue, "\(row.waits.count)", number(row.waits.percentile(0.5)),
          number(row.waits.percentile(0.99)), number(row.waits.max() ?? .nan), number(row.totals.percentile(0.5)),
          number(row.totals.percentile(0.99)), outcomes + right)
      }
    }
  }

  /// What does not hold, in a line each.
  func failures() -> [String] {
    guard let ours = results.first(where: { $0.design == .ours })?.measurements else { return [] }
    var failures: [String] = []
    for scenario in Scenario.all {
      let row = ours[scenario]
      let name = "\(scenario.kind.rawValue), \(scenario.retrieval) ms"
      if scenario.kind == .twelveWords, scenario.retrieval <= 900 {
        let (median, late) = (row.waits.percentile(0.5), row.waits.percentile(0.99))
        if !(median < 1) { failures.append("\(name): median wait \(number(median)) ms, not under 1") }
        if !(late < 5) { failures.append("\(name): p99 of the wait \(number(late)) ms, not under 5") }
      }
      if let most = row.waits.max(), most > 205 { failures.append("\(name): a wait of \(number(most)) ms, over 205") }
      if scenario.kind == .twelveWords, scenario.retrieval == 447, !(row.totals.percentile(0.5) <= 565) {
        failures.append("\(name): total \(number(row.totals.percentile(0.5))) ms, over 565")
      }
    }
    return failures
  }

  private func number(_ value: Double) -> String { value.isNaN ? "-" : String(format: value < 10 ? "%.2f" : "%.0f", value) }

  private func line(_ columns: String...) {
    let widths = [13, 10, 11, 6, 9, 7, 7, 10, 7]
    let padded = columns.enumerated().map { index, text in
      index < widths.count ? text.padding(toLength: widths[index], withPad: " ", startingAt: 0) : text
    }
    Swift.print(padded.joined(separator: " "))
  }
}
