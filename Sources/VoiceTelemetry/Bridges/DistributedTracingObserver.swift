import HTTPTypes
import Instrumentation
import NIOConcurrencyHelpers
import TelemetryExport
public import Tracing
public import VoiceCore

/// Feeds swift-distributed-tracing, for servers that keep a tracer of their own, such as swift-otel's.
///
/// A session is a span from its admission to its end, with its turns and dials below it; a turn has its retrieval, hold and answer below it.
/// Spans are told as they end, with the times when they ran. A caller's trace goes on; a trace that began here is continued by its
/// `traceparent`, the one that upstream and retrievers were sent.
public final class DistributedTracingObserver: RelayObserver {
  private struct State {
    var assembler: TraceAssembler
    var sessions: [String: any Tracing.Span] = [:]
    var generator = SystemRandomNumberGenerator()
  }
  private let state: NIOLockedValueBox<State>
  private let tracer: any Tracer
  private let now: @Sendable () -> UnixTime

  /// - Parameter tracer: makes the spans; the one that was bootstrapped, unless another is given.
  /// - Parameter naming: names of spans and attributes.
  /// - Parameter now: clock of the store.
  public init(
    tracer: any Tracer = InstrumentationSystem.tracer, naming: TraceNaming = TraceNaming(), now: @escaping @Sendable () -> UnixTime
  ) {
    state = NIOLockedValueBox(State(assembler: TraceAssembler(naming)))
    self.tracer = tracer
    self.now = now
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    let time = now()
    let key = session.trace?.spanID ?? session.id.rawValue
    if case .admitted(let steps) = event {
      let start = steps.reduce(time) { $0 - $1.took }
      let span = tracer.startSpan(
        "session", context: Self.context(session.trace, tracer), ofKind: .server, at: Self.instant(start))
      state.withLockedValue { $0.sessions[key] = span }
    }
    let finished = state.withLockedValue { state in
      state.assembler.observed(event, in: session, at: time, using: &state.generator)
    }
    for trace in finished {
      if trace.root.name == "session" { end(trace, key) } else { turn(trace, key) }
    }
  }

  private func turn(_ trace: FinishedTrace, _ key: String) {
    let parent = state.withLockedValue { $0.sessions[key]?.context } ?? .topLevel
    let span = tracer.startSpan(trace.root.name, context: parent, ofKind: .client, at: Self.instant(trace.root.start))
    finish(span, trace)
  }

  private func end(_ trace: FinishedTrace, _ key: String) {
    guard let span = state.withLockedValue({ $0.sessions.removeValue(forKey: key) }) else { return }
    finish(span, trace)
  }

  /// The children, then the root itself.
  private func finish(_ span: any Tracing.Span, _ trace: FinishedTrace) {
    for child in trace.spans {
      let made = tracer.startSpan(child.name, context: span.context, ofKind: child.kind.spanKind, at: Self.instant(child.start))
      describe(made, child)
      made.end(at: Self.instant(child.end))
    }
    describe(span, trace.root)
    if let user = trace.user { span.attributes["enduser.pseudo.id"] = user.description }
    span.end(at: Self.instant(trace.root.end))
  }

  private func describe(_ span: any Tracing.Span, _ told: TraceSpan) {
    for attribute in told.attributes {
      switch attribute.value {
      case .text(let text): span.attributes[attribute.name] = text
      case .integer(let number): span.attributes[attribute.name] = number
      case .number(let number): span.attributes[attribute.name] = number
      }
    }
    if told.isError { span.setStatus(SpanStatus(code: .error)) }
  }

  /// The context that the tracer reads from the header fields of the caller, or of the session where the trace began here.
  private static func context(_ trace: TraceContext?, _ tracer: any Tracer) -> InstrumentationContext {
    guard let trace else { return .topLevel }
    var carrier = Dictionary(trace.headerFields.map { ($0.name.canonicalName, $0.value) }) { first, _ in first }
    carrier["traceparent"] = "00-\(trace.traceID)-\(trace.parentSpanID ?? trace.spanID)-\(trace.isSampled ? "01" : "00")"
    var context = InstrumentationContext.topLevel
    tracer.extract(carrier, into: &context, using: FieldExtractor())
    return context
  }

  private static func instant(_ time: UnixTime) -> DefaultTracerClock.Timestamp {
    DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: UInt64(clamping: time.milliseconds) &* 1_000_000)
  }

  private struct FieldExtractor: Extractor {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key.lowercased()] }
  }
}

extension TraceSpan.Kind {
  fileprivate var spanKind: SpanKind {
    switch self {
    case .internal: .internal
    case .server: .server
    case .client: .client
    }
  }
}
