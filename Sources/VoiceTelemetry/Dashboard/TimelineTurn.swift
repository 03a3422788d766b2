import TelemetryExport
import VoiceCore

/// A turn that ended, as a waterfall shows it: its parts in milliseconds from the end of speech, those before it negative.
public struct TimelineTurn: Codable, Sendable, Equatable {
  /// A part of a turn: a bar of the waterfall.
  public struct Part: Codable, Sendable, Equatable {
    /// Name of the span.
    public var name: String
    /// Beginning in milliseconds: negative where it began while the user still spoke, as a query to the retriever does.
    public var from: Int64
    /// End in milliseconds.
    public var to: Int64
    /// Outcome of the context, of the query that was used.
    public var status: String?
    /// End of a query: `found`, `nothing`, `failed` or `cancelled`.
    public var outcome: String?
  }
  /// The end of speech, or the time of what was typed, in milliseconds since 1970.
  public var at: Int64
  /// The last digits of the session's name.
  public var session: String
  /// Model of the session.
  public var model: String
  /// Status of the response.
  public var status: String
  /// True if the user spoke over the answer.
  public var isInterrupted: Bool
  /// Milliseconds from the end of speech, or from what was typed, to the first audio.
  public var latency: Int64
  /// Parts of the turn, in the order of its trace.
  public var parts: [Part]

  /// Nil for a trace of something else than a turn.
  init?(_ trace: FinishedTrace) {
    guard trace.root.name == "turn" else { return nil }
    let start = trace.root.integer("speech_end_ms").map(Int64.init) ?? trace.root.start.milliseconds
    at = start
    session = String((trace.tag("session") ?? "").suffix(6))
    model = trace.tag("model") ?? ""
    status = trace.root.text("status") ?? "unknown"
    isInterrupted = trace.root.text("interrupted") == "true"
    parts = trace.spans.map {
      Part(
        name: $0.name, from: $0.start.milliseconds - start, to: $0.end.milliseconds - start, status: $0.text("status"),
        outcome: $0.text("outcome"))
    }
    latency = parts.first { $0.name == "first audio" }?.to ?? 0
  }
}

extension TraceSpan {
  fileprivate func text(_ name: String) -> String? {
    for attribute in attributes where attribute.name == name { if case .text(let text) = attribute.value { return text } }
    return nil
  }

  fileprivate func integer(_ name: String) -> Int? {
    for attribute in attributes where attribute.name == name { if case .integer(let number) = attribute.value { return number } }
    return nil
  }
}
