import VoiceCore

extension SentryEnvelope {
  /// A finished trace part as a Sentry transaction.
  static func transaction(_ trace: FinishedTrace, eventID: String, _ configuration: SentryConfiguration, publicKey: String)
    -> SentryEnvelope
  {
    var members: [(String, JSONNode)] = [
      ("event_id", .string(eventID)), ("type", "transaction"), ("platform", "native"), ("transaction", .string(trace.root.name)),
      ("transaction_info", ["source": "custom"]), ("start_timestamp", Self.time(trace.root.start)),
      ("timestamp", Self.time(trace.root.end)),
    ]
    members += configuration.members
    if let user = trace.user { members.append(("user", ["id": .string(user.description)])) }
    members.append(("tags", .object(trace.tags.map { ($0.name, $0.tagNode) })))
    var context: [(String, JSONNode)] = [
      ("trace_id", .string(trace.traceID)), ("span_id", .string(trace.root.id)), ("op", .string(trace.root.operation)),
      ("status", .string(trace.root.isError ? "internal_error" : "ok")), ("data", Self.data(trace.root.attributes)),
    ]
    if let parent = trace.root.parent { context.append(("parent_span_id", .string(parent))) }
    members.append(("contexts", .object([("trace", .object(context))] + SentryRuntime.contexts)))
    members.append(("spans", .array(trace.spans.map { span($0, of: trace) })))
    var header: [(String, JSONNode)] = [("event_id", .string(eventID))]
    if let context = samplingContext(trace, configuration, publicKey: publicKey) { header.append(("trace", context)) }
    return SentryEnvelope(category: .transaction, header: header, type: "transaction", payload: JSONNode.object(members).bytes)
  }

  /// The caller's where it sent one of this trace, frozen; none where the trace was begun elsewhere without it, as Sentry's rules want it;
  /// else its own.
  private static func samplingContext(_ trace: FinishedTrace, _ configuration: SentryConfiguration, publicKey: String) -> JSONNode? {
    if let frozen = trace.dynamicSamplingContext {
      return SentrySamplingContext.sound(frozen, of: trace.traceID).map { .object($0.map { ($0.name, .string($0.value)) }) }
    }
    guard trace.callersDecision == nil else { return nil }
    return [
      "trace_id": .string(trace.traceID), "public_key": .string(publicKey), "release": .string(SentryRelease.name(configuration.release)),
      "environment": .string(configuration.environment), "transaction": .string(trace.root.name),
      "sample_rate": .string("\(configuration.tracesSampleRate)"), "sampled": "true",
    ]
  }

  private static func span(_ span: TraceSpan, of trace: FinishedTrace) -> JSONNode {
    [
      "trace_id": .string(trace.traceID), "span_id": .string(span.id), "parent_span_id": .string(span.parent ?? trace.root.id),
      "op": .string(span.operation), "description": .string(span.name), "start_timestamp": time(span.start), "timestamp": time(span.end),
      "status": .string(span.isError ? "internal_error" : "ok"), "data": data(span.attributes), "origin": "auto.voice",
    ]
  }

  private static func data(_ attributes: [TraceAttribute]) -> JSONNode { .object(attributes.map { ($0.name, $0.json) }) }
  private static func time(_ time: UnixTime) -> JSONNode { .number(Double(time.milliseconds) / 1_000) }
}

extension TraceAttribute {
  /// Sentry's tags are texts of at most 200 characters.
  fileprivate var tagNode: JSONNode {
    switch value {
    case .text(let text): .string(Scrubber.scrub(text, maxBytes: 190))
    case .integer(let number): .string("\(number)")
    case .number(let number): .string("\(number)")
    }
  }
}
