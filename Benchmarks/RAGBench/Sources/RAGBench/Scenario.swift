/// One row of the table: how long a retrieval takes, and what is asked.
struct Scenario: Hashable, Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case twelveWords = "12 words"
    case fourWords = "4 words"
    /// The user begins one question and asks another.
    case changedMind = "changed mind"
  }
  let retrieval: Int
  let kind: Kind

  static let retrievals = [50, 150, 367, 447, 900, 3_000]
  /// The model's first audio after `response.create`, in milliseconds: the reference's.
  static let model = 558
  static let millisecondsPerWord = 250

  static let all = Kind.allCases.flatMap { kind in retrievals.map { Scenario(retrieval: $0, kind: kind) } }

  /// As a model's name: the way from the caller to the upstream that plays this row.
  var name: String { "row-\(retrieval)-\(kind.rawValue.replacing(" ", with: "_"))" }
  static func named(_ name: some StringProtocol) -> Scenario? { all.first { $0.name == name } }
}
