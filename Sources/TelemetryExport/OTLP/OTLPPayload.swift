import VoiceCore

/// Bodies of OTLP/HTTP in JSON (OpenTelemetry protocol 1.x: names in lowerCamelCase, 64 bit numbers as strings, ids in hexadecimal).
struct OTLPPayload: Sendable {
  var resource: [(name: String, value: String)]

  private static let scope: JSONNode = ["name": "voice-realtime"]

  func traces(_ traces: [FinishedTrace]) -> JSONNode {
    [
      "resourceSpans": [
        ["resource": resourceNode, "scopeSpans": [["scope": Self.scope, "spans": .array(traces.flatMap(spans))]]]
      ]
    ]
  }

  func metrics(_ families: [MetricFamily], from start: UnixTime, to now: UnixTime) -> JSONNode {
    let metrics = families.filter { !$0.points.isEmpty }.map { metric($0, from: start, to: now) }
    return [
      "resourceMetrics": [["resource": resourceNode, "scopeMetrics": [["scope": Self.scope, "metrics": .array(metrics)]]]]
    ]
  }

  private var resourceNode: JSONNode {
    ["attributes": .array(resource.map { Self.attribute($0.name, ["stringValue": .string($0.value)]) })]
  }

  // MARK: Traces

  private func spans(_ trace: FinishedTrace) -> [JSONNode] {
    let common = [TraceAttribute("session.id", .text(trace.sessionID))] + trace.tags.map { TraceAttribute("voice.\($0.0)", .text($0.1)) }
    let user = trace.userID.map { [TraceAttribute("enduser.id", .text($0))] } ?? []
    return [span(trace.root, of: trace, more: common + user, isRoot: true)] + trace.spans.map { span($0, of: trace) }
  }

  private func span(_ span: TraceSpan, of trace: FinishedTrace, more: [TraceAttribute] = [], isRoot: Bool = false) -> JSONNode {
    var members: [(String, JSONNode)] = [("traceId", .string(trace.traceID)), ("spanId", .string(span.id))]
    if let parent = span.parent ?? (isRoot ? nil : trace.root.id) { members.append(("parentSpanId", .string(parent))) }
    members += [
      // A session serves its client (2); what it does itself is internal (1), what it asks of others is a client's (3).
      ("name", .string(span.name)), ("kind", .integer(span.operation == "voice.session" ? 2 : Self.asksOthers(span) ? 3 : 1)),
      ("startTimeUnixNano", Self.time(span.start)), ("endTimeUnixNano", Self.time(span.end)),
      ("attributes", .array((span.attributes + more).map { Self.attribute($0.name, Self.value($0.value)) })),
      ("status", ["code": .integer(span.isError ? 2 : 0)]),
    ]
    return .object(members)
  }

  private static func asksOthers(_ span: TraceSpan) -> Bool { ["voice.dial", "voice.retrieval"].contains(span.operation) }

  private static func value(_ value: TraceAttribute.Value) -> JSONNode {
    switch value {
    case .text(let text): ["stringValue": .string(Scrubber.scrub(text))]
    case .integer(let number): ["intValue": .string(String(number))]
    case .number(let number): ["doubleValue": .number(number)]
    }
  }

  // MARK: Metrics

  private func metric(_ family: MetricFamily, from start: UnixTime, to now: UnixTime) -> JSONNode {
    let points = family.points.map { point -> JSONNode in
      var members: [(String, JSONNode)] = [
        ("attributes", .array(point.labels.map { Self.attribute($0.name, ["stringValue": .string($0.value)]) })),
        ("timeUnixNano", Self.time(now)),
      ]
      if family.kind != .gauge { members.append(("startTimeUnixNano", Self.time(start))) }
      switch point.value {
      case .number(let number): members.append(("asDouble", .number(number)))
      case .histogram(let histogram):
        members += [
          ("count", .string(String(histogram.count))), ("sum", .number(histogram.sum)),
          ("bucketCounts", .array(histogram.buckets.map { .string(String($0)) })),
          ("explicitBounds", .array(histogram.bounds.map { .number($0) })),
        ]
      }
      return .object(members)
    }
    let data: (String, JSONNode) =
      switch family.kind {
      case .gauge: ("gauge", ["dataPoints": .array(points)])
      // 2: cumulative.
      case .counter: ("sum", ["dataPoints": .array(points), "aggregationTemporality": 2, "isMonotonic": true])
      case .histogram: ("histogram", ["dataPoints": .array(points), "aggregationTemporality": 2])
      }
    return .object([
      ("name", .string(family.name)), ("description", .string(family.help)), ("unit", .string(Self.unit(family.name))), data,
    ])
  }

  /// By the name's ending (UCUM).
  private static func unit(_ name: String) -> String {
    let plain = name.hasSuffix("_total") ? name.dropLast(6) : name[...]
    if plain.hasSuffix("_seconds") { return "s" }
    return plain.hasSuffix("_bytes") ? "By" : plain.contains("_usd") ? "{USD}" : "1"
  }

  private static func attribute(_ name: String, _ value: JSONNode) -> JSONNode { ["key": .string(name), "value": value] }
  private static func time(_ time: UnixTime) -> JSONNode { .string(String(time.milliseconds) + "000000") }
}
