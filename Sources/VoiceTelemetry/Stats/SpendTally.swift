public import VoiceCore

/// What was spent, by model.
public struct SpendTally: Sendable, Equatable, Codable {
  /// At most ``maxModels``; what is beyond goes to `other`, because clients may name models.
  public private(set) var models: [String: ModelTally] = [:]
  private static let maxModels = 64

  public init() {}

  public var costUSD: Double { models.values.reduce(0) { $0 + $1.costUSD } }
  public var unpriced: Int { models.values.reduce(0) { $0 + $1.unpriced } }
  public var usage: TokenUsage {
    models.values.reduce(into: TokenUsage()) { $0.add($1.usage) }
  }

  mutating func add(_ usage: TokenUsage, model: String, cost: Double?) {
    models[key(model), default: ModelTally()].add(usage, cost: cost)
  }

  mutating func add(seconds: Double, model: String, cost: Double?) {
    models[key(model), default: ModelTally()].add(seconds: seconds, cost: cost)
  }

  mutating func add(_ other: ModelTally, model: String) { models[key(model), default: ModelTally()].add(other) }

  private func key(_ model: String) -> String { models[model] != nil || models.count < Self.maxModels ? model : "other" }
}
