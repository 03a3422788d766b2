import TelemetryExport
import VoiceCore

/// A turn that ended, as a waterfall shows it: when each part began and ended, in milliseconds from the start of the turn.
public struct TimelineTurn: Codable, Sendable, Equatable {
  public struct Part: Codable, Sendable, Equatable {
    public var name: String
    public var from: Int64
    public var to: Int64
    /// A retrieval's outcome.
    public var status: String?
  }
  /// When it began, in milliseconds since 1970.
  public var at: Int64
  /// The last digits of the session's name.
  public var session: String
  public var model: String
  public var status: String
  public var isInterrupted: Bool
  /// End of speech, or what was typed, to first audio.
  public var latency: Int64
  public var parts: [Part]

  /// Nil for a trace that is no turn's.
  init?(_ trace: FinishedTrace) {
    guard trace.root.name == "turn" else { return nil }
    let start = trace.root.start
    at = start.milliseconds
    session = String(trace.sessionID.suffix(6))
    model = trace.model
    status = trace.root.text("status") ?? "unknown"
    isInterrupted = trace.root.text("interrupted") == "true"
    parts = trace.spans.map {
      Part(
        name: $0.name, from: $0.start.milliseconds - start.milliseconds, to: $0.end.milliseconds - start.milliseconds,
        status: $0.text("status"))
    }
    latency = parts.first { $0.name == "first audio" }?.to ?? 0
  }
}

extension TraceSpan {
  fileprivate func text(_ name: String) -> String? {
    for attribute in attributes where attribute.name == name { if case .text(let text) = attribute.value { return text } }
    return nil
  }
}
