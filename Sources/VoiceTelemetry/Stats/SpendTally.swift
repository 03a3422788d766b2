public import VoiceCore

/// What was spent, by model.
public struct SpendTally: Sendable, Equatable {
  /// At most ``maxModels``; what is beyond goes to `other`, because clients may name models.
  public private(set) var models: [String: ModelTally] = [:]
  private static let maxModels = 64

  /// USD a minute of audio, as published in autumn 2026.
  static let transcriptionPrices = [
    "gpt-realtime-whisper": 0.017, "gpt-live-transcribe": 0.017, "gpt-transcribe": 0.0045, "gpt-4o-transcribe": 0.006,
  ]

  public init() {}

  public var costUSD: Double { models.values.reduce(0) { $0 + $1.costUSD } }
  public var unpriced: Int { models.values.reduce(0) { $0 + $1.unpriced } }
  public var usage: TokenUsage {
    models.values.reduce(into: TokenUsage()) { $0.add($1.usage) }
  }

  mutating func add(_ usage: TokenUsage, model: String, prices: TokenPrices?) {
    models[key(model), default: ModelTally()].add(usage, prices: prices)
  }

  mutating func add(seconds: Double, model: String) {
    models[key(model), default: ModelTally()].add(seconds: seconds, usdPerMinute: Self.transcriptionPrices[model])
  }

  private func key(_ model: String) -> String { models[model] != nil || models.count < Self.maxModels ? model : "other" }
}
