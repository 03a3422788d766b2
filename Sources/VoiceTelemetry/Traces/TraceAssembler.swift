import TelemetryExport
import VoiceCore

/// Puts what sessions report together into traces: one for each session, and one for each of its turns.
///
/// Bounded by the sessions that are open, and by ``maxSpans`` for each.
struct TraceAssembler: Sendable {
  static let maxSpans = 64
  private let naming: TraceNaming
  private var live: [String: LiveTrace] = [:]

  init(_ naming: TraceNaming = TraceNaming()) { self.naming = naming }

  var openSessions: Int { live.count }

  /// The traces that this event finishes. Never called for traffic.
  mutating func observed(
    _ event: RelayEvent, in session: SessionContext, at now: UnixTime, using generator: inout some RandomNumberGenerator
  ) -> [FinishedTrace] {
    // A session that goes on changes its name on the way in, never its span.
    let key = session.trace?.spanID ?? session.id.rawValue
    var state =
      live[key]
      ?? LiveTrace(start: now, spanID: session.trace?.spanID ?? generator.hexadecimal(words: 1), naming: naming)
    var finished: [FinishedTrace] = []
    var hasEnded = false
    func span(_ name: String, _ operation: String, kind: TraceSpan.Kind = .internal, from start: UnixTime, to end: UnixTime) -> TraceSpan {
      TraceSpan(
        id: generator.hexadecimal(words: 1), name: name, operation: operation, kind: kind, start: min(start, end),
        end: end)
    }
    switch event {
    case .admitted(let steps):
      var end = now
      for step in steps.reversed() {
        state.start = min(state.start, end - step.took)
        state.add(span(step.name, "voice.\(step.name)", from: end - step.took, to: end))
        end = end - step.took
      }
    case .upstreamOpened(let took):
      state.start = min(state.start, now - took)
      state.add(span("dial", "voice.dial", kind: .client, from: now - took, to: now))
    case .upstreamFailed(let label):
      var failure = span("dial", "voice.dial", kind: .client, from: now, to: now)
      failure.isError = true
      failure.attributes = [TraceAttribute("error.type", .text(label))]
      state.add(failure)
    case .queried(let metrics):
      var query = span("retrieval", "voice.retrieval", kind: .client, from: now - metrics.took, to: now)
      query.attributes = naming.attributes(of: metrics)
      query.isError = metrics.end.label == "failed"
      state.add(query, of: metrics)
    case .toolCalled(let metrics):
      var call = span("execute_tool \(metrics.name)", "voice.tool", from: now - metrics.took, to: now)
      call.attributes = naming.attributes(of: metrics)
      call.isError = metrics.failure != nil
      state.add(call)
    case .retrieval(let metrics): state.settled(metrics)
    case .turn(let metrics):
      finished += state.finishTurn(status: "unknown", usage: nil, at: now, session)
      let start = now - (metrics.speechStoppedToFirstAudio ?? (metrics.upstream + metrics.contextWait))
      var spans: [TraceSpan] = []
      if metrics.contextWait > .zero { spans.append(span("hold", "voice.hold", from: start, to: start + metrics.contextWait)) }
      spans.append(span("first audio", "voice.first_audio", kind: .client, from: now - metrics.upstream, to: now))
      state.beginTurn(metrics, start: start, spans, id: generator.hexadecimal(words: 1), at: now)
    case .interrupted: state.turn?.isInterrupted = true
    case .responseDone(let status, let usage):
      if let turn = state.turn { state.turn?.spans.append(span("answer", "voice.answer", from: turn.firstAudio, to: now)) }
      finished += state.finishTurn(status: status, usage: usage, at: now, session)
    case .refused(let reason, _):
      finished.append(state.finish(reason, nil, at: now, session))
      hasEnded = true
    case .ended(let reason, let summary):
      finished += state.finishTurn(status: "ended", usage: nil, at: now, session)
      finished.append(state.finish(reason, summary, at: now, session))
      hasEnded = true
    case .started, .clientLost, .clientReturned, .transcribed, .error: break
    }
    // What comes late, after the end, begins nothing anew.
    let isKnown = live[key] != nil || event.beginsSession
    live[key] = hasEnded || !isKnown ? nil : state
    return finished
  }
}

extension RelayEvent {
  fileprivate var beginsSession: Bool { if case .admitted = self { true } else { false } }
}
