/// A piece of work that ended, with what happened in it: a transaction for Sentry, a tree of spans for OTLP.
public struct FinishedTrace: Sendable, Equatable {
  /// 32 hexadecimal digits.
  public var traceID: String
  /// A pseudonym: an exporter never sees a user's own name.
  public var user: UserPseudonym?
  /// Labels that traces are searched by.
  public var tags: [TraceAttribute]
  /// Span that all others are below.
  public var root: TraceSpan
  /// Children of the root, in the order in which they began.
  public var spans: [TraceSpan]
  /// True where spans are recorded: the caller's decision, or that of the sampler.
  public var isSampled: Bool
  /// The decision that came with the call; nil: none did, and a back end with a sample rate of its own decides.
  public var callersDecision: Bool?
  /// Sentry's dynamic sampling context as the caller sent it, `sentry-` entries of its `baggage`; it is frozen, so that all of a trace is
  /// sampled alike. Empty: the trace was begun elsewhere, without one; nil: it begins here. One that is not of ``traceID`` is not sent.
  public var dynamicSamplingContext: [TraceAttribute]?

  /// Creates a finished trace.
  public init(
    traceID: String, user: UserPseudonym? = nil, tags: [TraceAttribute] = [], root: TraceSpan, spans: [TraceSpan] = [],
    isSampled: Bool = true, callersDecision: Bool? = nil, dynamicSamplingContext: [TraceAttribute]? = nil
  ) {
    self.traceID = traceID
    self.user = user
    self.tags = tags
    self.root = root
    self.spans = spans
    self.isSampled = isSampled
    self.callersDecision = callersDecision
    self.dynamicSamplingContext = dynamicSamplingContext
  }

  /// The text of a tag.
  public func tag(_ name: String) -> String? {
    for tag in tags where tag.name == name { if case .text(let text) = tag.value { return text } }
    return nil
  }
}
