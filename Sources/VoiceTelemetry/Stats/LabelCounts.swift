/// Counts by a label that others choose; the number of labels is bounded, what is beyond counts as `other`.
package struct LabelCounts<Value: AdditiveArithmetic & Sendable>: Sendable {
  package private(set) var values: [String: Value] = [:]
  private let maxLabels: Int

  package init(maxLabels: Int = 64) { self.maxLabels = maxLabels }

  package mutating func add(_ amount: Value, to label: String) {
    let key = values[label] != nil || values.count < maxLabels ? label : "other"
    values[key, default: .zero] += amount
  }

  package subscript(label: String) -> Value { values[label] ?? .zero }
}

extension LabelCounts: Equatable where Value: Equatable {}
