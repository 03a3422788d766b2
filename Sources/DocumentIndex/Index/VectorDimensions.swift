/// Number of dimensions that the vectors of an index have: the one that the model answers.
///
/// A model that is exchanged behind its name answers another number. Each number is adopted once, so that a server that answers now this
/// and now that has passages embedded no more than once for each.
struct VectorDimensions: Equatable, Sendable {
  /// Nil until the model has answered: vectors that were kept are then taken as they are.
  private(set) var current: Int?
  private var left: Set<Int> = []

  /// Takes what the model answered last. Answers true where that is another number than before, or the first one.
  mutating func adopt(_ answered: Int?) -> Bool {
    guard let answered, answered != current, !left.contains(answered) else { return false }
    if let current { left.insert(current) }
    current = answered
    return true
  }
}
