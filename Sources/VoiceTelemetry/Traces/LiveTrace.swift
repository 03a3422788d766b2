import TelemetryExport
import VoiceCore

/// A session that is still open, as its trace knows it.
struct LiveTrace: Sendable {
  struct Turn: Sendable {
    var start: UnixTime
    var firstAudio: UnixTime
    var spanID: String
    var metrics: TurnMetrics
    var spans: [TraceSpan]
    var isInterrupted = false
  }
  var start: UnixTime
  var spanID: String
  private var spans: [TraceSpan] = []
  /// Retrievals since the last turn: they belong to the one that comes.
  var retrievals: [TraceSpan] = []
  var turn: Turn?

  init(start: UnixTime, spanID: String) {
    self.start = start
    self.spanID = spanID
  }

  mutating func add(_ span: TraceSpan) { if spans.count < TraceAssembler.maxSpans { spans.append(span) } }

  /// At most one.
  mutating func finishTurn(status: String, usage: TokenUsage?, at now: UnixTime, _ session: SessionContext) -> [FinishedTrace] {
    guard let turn else { return [] }
    self.turn = nil
    var attributes = [
      TraceAttribute("response_id", .text(turn.metrics.responseID)), TraceAttribute("status", .text(status)),
      TraceAttribute("interrupted", .text(turn.isInterrupted ? "true" : "false")),
      TraceAttribute("context_wait_ms", .number(turn.metrics.contextWait.milliseconds)),
      TraceAttribute("upstream_ms", .number(turn.metrics.upstream.milliseconds)),
    ]
    if let latency = turn.metrics.speechStoppedToFirstAudio {
      attributes.append(TraceAttribute("speech_stopped_to_first_audio_ms", .number(latency.milliseconds)))
    }
    if let usage { attributes.append(TraceAttribute("tokens", .integer(usage.total))) }
    let root = TraceSpan(
      id: turn.spanID, parent: spanID, name: "turn", operation: "voice.turn", start: turn.start, end: max(turn.start, now),
      isError: status == "failed", attributes: attributes)
    return [finished(root, turn.spans, session)]
  }

  func finish(_ reason: CloseReason, _ summary: SessionSummary?, at now: UnixTime, _ session: SessionContext) -> FinishedTrace {
    var attributes = [TraceAttribute("reason", .text(reason.label)), TraceAttribute("close_code", .integer(Int(reason.closure.code)))]
    if let counters = summary?.counters {
      attributes += [
        TraceAttribute("turns", .integer(counters.turns)), TraceAttribute("interruptions", .integer(counters.interruptions)),
        TraceAttribute("retrievals", .integer(counters.retrievals)), TraceAttribute("tokens", .integer(counters.usage.total)),
      ]
    }
    let root = TraceSpan(
      id: spanID, parent: session.trace?.parentSpanID, name: "session", operation: "voice.session", start: start, end: max(start, now),
      isError: reason.isServerFault, attributes: attributes)
    return finished(root, spans, session)
  }

  private func finished(_ root: TraceSpan, _ spans: [TraceSpan], _ session: SessionContext) -> FinishedTrace {
    // A session that nobody traces is a trace by its own random name.
    let traceID = session.trace?.traceID ?? String(session.id.rawValue.dropFirst(3))
    return FinishedTrace(
      traceID: traceID, sessionID: session.id.rawValue, userID: session.userID, plan: session.plan, model: session.model, root: root,
      spans: spans.sorted { $0.start < $1.start })
  }
}

extension Duration {
  /// In milliseconds with their fraction.
  var milliseconds: Double { Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15 }
}
