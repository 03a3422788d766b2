package import VoiceCore

/// Tokens and money of one model.
package struct ModelTally: Sendable, Equatable, Codable {
  package var usage = TokenUsage()
  package var costUSD = 0.0
  /// Responses and transcripts whose price is not known. Their cost is in no sum.
  package var unpriced = 0
  /// Input audio that was transcribed.
  package var transcribedSeconds = 0.0

  package init() {}

  mutating func add(_ usage: TokenUsage, cost: Double?) {
    self.usage.add(usage)
    if let cost, cost.isFinite { costUSD += cost } else { unpriced += 1 }
  }

  mutating func add(seconds: Double, cost: Double?) {
    if (0...1e12).contains(seconds) { transcribedSeconds += seconds }
    if let cost, cost.isFinite { costUSD += cost } else { unpriced += 1 }
  }
}
