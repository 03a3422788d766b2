public import HTTPTypes

/// The place of a session in a distributed trace (W3C Trace Context, W3C Baggage, Sentry's `sentry-trace`).
public struct TraceContext: Sendable, Equatable {
  /// 32 hexadecimal digits, shared by all who take part.
  public let traceID: String
  /// The session's own span, 16 hexadecimal digits.
  public let spanID: String
  /// The caller's span, when it sent one.
  public let parentSpanID: String?
  /// True where spans are recorded, here and by those who are called.
  public let isSampled: Bool
  /// The caller's decision about recording, the sampled flag of its `traceparent` or `sentry-trace`; nil where it left that open.
  public let callersDecision: Bool?
  /// The caller's `tracestate`, passed on as it came.
  public let traceState: String?
  /// The caller's `baggage`, passed on as it came but for Sentry's entries of another trace: they would decide there about this one.
  public let baggage: String?
  private let speaksSentry: Bool

  /// Context of the session that a task works for, so that its requests carry ``headerFields``.
  @TaskLocal public static var current: TraceContext?

  /// Goes on with the caller's trace, or begins one.
  ///
  /// - Parameter sampler: decides whether the trace is recorded.
  /// - Parameter caller: trace headers of the request.
  /// - Parameter generator: source of random ids.
  public init(
    caller: TraceCaller = TraceCaller(), sampler: TraceSampler = .followingCaller, using generator: inout some RandomNumberGenerator
  ) {
    let parent = caller.parent
    let trace = parent?.traceID ?? generator.hexadecimal(words: 2)
    traceID = trace
    parentSpanID = parent?.spanID
    spanID = generator.hexadecimal(words: 1)
    callersDecision = parent?.isSampled
    isSampled = sampler.isSampled(traceID: trace, callersDecision: parent?.isSampled)
    traceState = parent == nil ? nil : caller.traceState
    baggage = caller.baggage(of: trace)
    speaksSentry = parent != nil && caller.speaksSentry
  }

  /// The header field `traceparent`: version 00, this session's span, and whether it is recorded.
  public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

  /// Names of all ``headerFields``.
  package static let fieldNames: Set<HTTPField.Name> = [
    TraceCaller.traceparent, TraceCaller.tracestate, TraceCaller.baggage, TraceCaller.sentryTrace,
  ]

  /// Header fields for those who are called from within the session.
  public var headerFields: HTTPFields {
    var fields: HTTPFields = [TraceCaller.traceparent: traceparent]
    fields[TraceCaller.tracestate] = traceState
    fields[TraceCaller.baggage] = baggage
    if speaksSentry { fields[TraceCaller.sentryTrace] = "\(traceID)-\(spanID)" + (callersDecision.map { $0 ? "-1" : "-0" } ?? "") }
    return fields
  }
}
