import VoiceCore

/// Counts by a label that others choose; the number of labels is bounded, what is beyond counts as `other`.
package struct LabelCounts: Sendable, Equatable {
  package private(set) var values: [String: Int] = [:]
  private let maxLabels: Int

  package init(maxLabels: Int = 64) { self.maxLabels = maxLabels }

  package mutating func add(_ amount: Int, to label: String) {
    let key = values[label] != nil || values.count < maxLabels ? label : "other"
    values[key] = values[key, default: 0].adding(amount)
  }

  package subscript(label: String) -> Int { values[label] ?? 0 }
}
