public import VoiceCore

/// Tokens and money of one model.
public struct ModelTally: Sendable, Equatable {
  public var usage = TokenUsage()
  public var costUSD = 0.0
  /// Responses, or minutes of transcription begun, whose price is not known. Their cost is in no sum.
  public var unpriced = 0
  /// Input audio that was transcribed.
  public var transcribedSeconds = 0.0

  public init() {}

  mutating func add(_ usage: TokenUsage, prices: TokenPrices?) {
    self.usage.add(usage)
    if let prices { costUSD += prices.cost(of: usage) } else { unpriced += 1 }
  }

  mutating func add(seconds: Double, usdPerMinute: Double?) {
    transcribedSeconds += seconds
    if let usdPerMinute { costUSD += seconds / 60 * usdPerMinute } else { unpriced += 1 }
  }
}
