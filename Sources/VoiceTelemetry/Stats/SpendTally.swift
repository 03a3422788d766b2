package import VoiceCore

/// Spending by model.
package struct SpendTally: Sendable, Equatable, Codable {
  /// Tallies by model, at most ``maxModels``; further ones count as `other`, because clients may name models.
  package private(set) var models: [String: ModelTally] = [:]
  private static let maxModels = 64

  package init() {}

  package var costUSD: Double { models.values.reduce(0) { $0 + $1.costUSD } }
  package var usage: TokenUsage {
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
