import NIOCore
import TelemetryExport
import VoiceCore

/// A session that is still open, as its trace knows it.
struct LiveTrace: Sendable {
  struct Turn: Sendable {
    /// End of speech, or what was typed.
    var start: UnixTime
    var firstAudio: UnixTime
    var spanID: String
    var metrics: TurnMetrics
    var spans: [TraceSpan]
    var context: RetrievalMetrics?
    var isInterrupted = false
  }
  /// A query with its span: which one was used is known only once the turn is settled.
  private struct Query: Sendable {
    var span: TraceSpan
    var askedAt: NIODeadline
  }
  private static let maxQueries = 16

  var start: UnixTime
  var spanID: String
  private let naming: TraceNaming
  private var spans: [TraceSpan] = []
  /// Queries that ended since the last turn: they belong to the one that comes.
  private var queries: [Query] = []
  /// Outcome of the next turn's context.
  private var context: RetrievalMetrics?
  var turn: Turn?
  private var user: UserPseudonym?

  init(start: UnixTime, spanID: String, naming: TraceNaming) {
    self.start = start
    self.spanID = spanID
    self.naming = naming
  }

  /// Parent of a span: the turn, or the session outside of one.
  mutating func add(_ span: TraceSpan) {
    if let count = turn?.spans.count {
      if count < TraceAssembler.maxSpans { turn?.spans.append(span) }
    } else if spans.count < TraceAssembler.maxSpans {
      spans.append(span)
    }
  }

  /// A query that is still under way when its turn is answered is drawn in that turn, later ones in the next.
  mutating func add(_ span: TraceSpan, of query: QueryMetrics) {
    if let turn, span.start < turn.firstAudio {
      add(span)
    } else if queries.count < Self.maxQueries {
      queries.append(Query(span: span, askedAt: query.askedAt))
    }
  }

  /// The context of the turn that comes is decided: the query that was used is marked with its outcome.
  mutating func settled(_ metrics: RetrievalMetrics) {
    context = metrics
    guard let askedAt = metrics.askedAt, let index = queries.lastIndex(where: { $0.askedAt == askedAt }) else { return }
    queries[index].span.attributes += [TraceAttribute("status", .text(metrics.status))]
  }

  mutating func beginTurn(_ metrics: TurnMetrics, start: UnixTime, _ spans: [TraceSpan], id: String, at now: UnixTime) {
    turn = Turn(start: start, firstAudio: now, spanID: id, metrics: metrics, spans: queries.map(\.span) + spans, context: context)
    (queries, context) = ([], nil)
  }

  /// Finishes the current turn, if there is one.
  mutating func finishTurn(status: String, usage: TokenUsage?, at now: UnixTime, _ session: SessionContext) -> [FinishedTrace] {
    guard let turn else { return [] }
    self.turn = nil
    var attributes = naming.attributes(ofResponse: turn.metrics.responseID, status: status, usage, in: session)
    attributes += [
      TraceAttribute("response_id", .text(turn.metrics.responseID)), TraceAttribute("status", .text(status)),
      TraceAttribute("interrupted", .text(turn.isInterrupted ? "true" : "false")),
      TraceAttribute("context_wait_ms", .number(turn.metrics.contextWait.milliseconds)),
      TraceAttribute("upstream_ms", .number(turn.metrics.upstream.milliseconds)),
      TraceAttribute("speech_end_ms", .integer(Int(clamping: turn.start.milliseconds))),
    ]
    if let latency = turn.metrics.speechStoppedToFirstAudio {
      attributes.append(TraceAttribute("speech_stopped_to_first_audio_ms", .number(latency.milliseconds)))
    }
    if let context = turn.context {
      attributes.append(TraceAttribute("context", .text(context.status)))
      if let coverage = context.coverage { attributes.append(TraceAttribute("context_coverage", .number(coverage))) }
    }
    // What was asked while the user spoke is a part of the turn: it begins with the first query.
    let begin = turn.spans.reduce(turn.start) { min($0, $1.start) }
    let root = TraceSpan(
      id: turn.spanID, parent: spanID, name: "turn", operation: "voice.turn", kind: .client, start: begin, end: max(turn.start, now),
      isError: status == "failed", attributes: attributes)
    return [finished(root, turn.spans, session, reason: nil)]
  }

  mutating func finish(_ reason: CloseReason, _ summary: SessionSummary?, at now: UnixTime, _ session: SessionContext) -> FinishedTrace {
    var attributes = [
      TraceAttribute("close_code", .integer(Int(reason.closure.code))),
      TraceAttribute("gen_ai.conversation.id", .text(session.id.rawValue)),
      TraceAttribute("gen_ai.request.model", .text(session.model)), TraceAttribute("gen_ai.provider.name", .text(naming.provider)),
    ]
    if let counters = summary?.counters {
      attributes += [
        TraceAttribute("turns", .integer(counters.turns)), TraceAttribute("interruptions", .integer(counters.interruptions)),
        TraceAttribute("retrievals", .integer(counters.retrievals)), TraceAttribute("tokens", .integer(counters.usage.total)),
      ]
    }
    let root = TraceSpan(
      id: spanID, parent: session.trace?.parentSpanID, name: "session", operation: "voice.session", kind: .server, start: start,
      end: max(start, now), isError: reason.isServerFault, attributes: attributes)
    return finished(root, spans + queries.map(\.span), session, reason: reason)
  }

  private mutating func finished(_ root: TraceSpan, _ spans: [TraceSpan], _ session: SessionContext, reason: CloseReason?)
    -> FinishedTrace
  {
    user = user ?? session.userID.map { naming.pseudonyms.pseudonym(of: $0) }
    var root = root
    var tags = [TraceAttribute("model", .text(session.model)), TraceAttribute("session", .text(session.id.rawValue))]
    if let plan = session.plan { tags.append(TraceAttribute("plan", .text(plan))) }
    if let reason { tags.append(TraceAttribute("reason", .text(reason.label))) }
    root.attributes +=
      [TraceAttribute("session.id", .text(session.id.rawValue))] + tags.map { TraceAttribute("voice.\($0.name)", $0.value) }
    // A session that is not part of a trace is one by its own random name.
    let traceID = session.trace?.traceID ?? String(session.id.rawValue.dropFirst(3))
    return FinishedTrace(
      traceID: traceID, user: user, tags: tags, root: root, spans: spans.sorted { $0.start < $1.start },
      isSampled: session.trace?.isSampled ?? true, callersDecision: session.trace?.callersDecision,
      dynamicSamplingContext: session.trace.flatMap(Self.samplingContext))
  }

  /// Baggage counts for the trace that it came with: nil where the trace begins here, empty where its beginning sent none of this trace.
  private static func samplingContext(_ trace: TraceContext) -> [TraceAttribute]? {
    guard trace.parentSpanID != nil else { return nil }
    return trace.baggage.map(SentryBaggage.samplingContext) ?? []
  }
}

extension Duration {
  /// Duration in milliseconds with their fraction.
  var milliseconds: Double { Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15 }
}
