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
    if let user = trace.userID { members.append(("user", ["id": .string(user)])) }
    members.append(("tags", .object(trace.tags.map { ($0, .string(Scrubber.scrub($1, maxBytes: 190))) })))
    var context: [(String, JSONNode)] = [
      ("trace_id", .string(trace.traceID)), ("span_id", .string(trace.root.id)), ("op", .string(trace.root.operation)),
      ("status", .string(trace.root.isError ? "internal_error" : "ok")), ("data", Self.data(trace.root.attributes)),
    ]
    if let parent = trace.root.parent { context.append(("parent_span_id", .string(parent))) }
    members.append(("contexts", .object([("trace", .object(context))] + SentryRuntime.contexts)))
    members.append(("spans", .array(trace.spans.map { span($0, of: trace) })))
    let header: [(String, JSONNode)] = [
      ("event_id", .string(eventID)),
      (
        "trace",
        [
          "trace_id": .string(trace.traceID), "public_key": .string(publicKey), "release": .string(configuration.release),
          "environment": .string(configuration.environment), "transaction": .string(trace.root.name),
          "sample_rate": .string("\(configuration.tracesSampleRate)"), "sampled": "true",
        ]
      ),
    ]
    return SentryEnvelope(category: .transaction, header: header, type: "transaction", payload: JSONNode.object(members).bytes)
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
