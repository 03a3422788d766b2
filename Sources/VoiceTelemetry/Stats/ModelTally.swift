public import VoiceCore

/// Tokens and money of one model.
public struct ModelTally: Sendable, Equatable, Codable {
  public var usage = TokenUsage()
  public var costUSD = 0.0
  /// Responses and transcripts whose price is not known. Their cost is in no sum.
  public var unpriced = 0
  /// Input audio that was transcribed.
  public var transcribedSeconds = 0.0

  public init() {}

  mutating func add(_ usage: TokenUsage, cost: Double?) {
    self.usage.add(usage)
    if let cost { costUSD += cost } else { unpriced += 1 }
  }

  mutating func add(seconds: Double, cost: Double?) {
    transcribedSeconds += seconds
    if let cost { costUSD += cost } else { unpriced += 1 }
  }
}
