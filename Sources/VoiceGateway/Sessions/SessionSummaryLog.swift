import Logging
import VoiceCore

/// Metadata of a session's last log line. Numbers stay numbers in JSON.
enum SessionSummaryLog {
  /// `Session vs_… ended: session_ended, 63 s, 120 audio chunks sent, 240 received, 3 retrievals`.
  static func text(_ session: SessionID, _ reason: CloseReason, _ summary: SessionSummary, didOpen: Bool) -> String {
    guard didOpen else { return "Session \(session) refused: \(reason.label)" }
    let counters = summary.counters
    return """
      Session \(session) ended: \(reason.label), \(summary.duration.components.seconds) s, \(counters.audioChunksFromClient) audio chunks sent, \
      \(counters.audioChunksToClient) received, \(counters.retrievals) retrievals
      """
  }

  static func metadata(_ reason: CloseReason, _ summary: SessionSummary, model: String) -> Logger.Metadata {
    let counters = summary.counters
    var metadata: Logger.Metadata = [
      "reason": "\(reason.label)", "code": .stringConvertible(Int(reason.closure.code)), "model": "\(model)",
      "duration_ms": .stringConvertible(Int(summary.duration.inMilliseconds)), "turns": .stringConvertible(counters.turns),
      "interruptions": .stringConvertible(counters.interruptions), "retrievals": .stringConvertible(counters.retrievals),
      "audio_chunks_from_client": .stringConvertible(counters.audioChunksFromClient),
      "audio_chunks_to_client": .stringConvertible(counters.audioChunksToClient),
      "bytes_from_client": .stringConvertible(counters.bytesFromClient), "bytes_to_client": .stringConvertible(counters.bytesToClient),
      "tokens": .stringConvertible(counters.usage.total),
    ]
    // A model without a price is not one that costs nothing.
    if let cost = counters.costUSD { metadata["cost_usd"] = .stringConvertible(cost) }
    if counters.unpriced > 0 { metadata["unpriced"] = .stringConvertible(counters.unpriced) }
    return metadata
  }
}
