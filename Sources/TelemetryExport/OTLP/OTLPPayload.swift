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
    let user = trace.user.map { [TraceAttribute("enduser.pseudo.id", .text($0.description))] } ?? []
    return [span(trace.root, of: trace, more: trace.tags + user, parent: trace.root.parent)]
      + trace.spans.map { span($0, of: trace, parent: $0.parent ?? trace.root.id) }
  }

  private func span(_ span: TraceSpan, of trace: FinishedTrace, more: [TraceAttribute] = [], parent: String?) -> JSONNode {
    var members: [(String, JSONNode)] = [("traceId", .string(trace.traceID)), ("spanId", .string(span.id))]
    if let parent { members.append(("parentSpanId", .string(parent))) }
    // A name twice in one span is no attribute that one can rely on: the span's own wins.
    let names = Set(span.attributes.map(\.name))
    let attributes = span.attributes + more.filter { !names.contains($0.name) }
    members += [
      ("name", .string(span.name)), ("kind", .integer(Int64(span.kind.rawValue))),
      // Bit 0: sampled.
      ("flags", .integer(1)), ("startTimeUnixNano", Self.time(span.start)), ("endTimeUnixNano", Self.time(span.end)),
      ("attributes", .array(attributes.map { Self.attribute($0.name, Self.value($0.value)) })),
      ("status", ["code": .integer(span.isError ? 2 : 0)]),
    ]
    return .object(members)
  }

  private static func value(_ value: TraceAttribute.Value) -> JSONNode {
    switch value {
    case .text(let text): ["stringValue": .string(Scrubber.scrub(text))]
    case .integer(let number): ["intValue": .string(String(number))]
    case .number(let number): ["doubleValue": .number(number)]
    }
  }

  // MARK: Metrics

  private func metric(_ family: MetricFamily, from start: UnixTime, to now: UnixTime) -> JSONNode {
    let points = family.points.map { point(family, $0, from: start, to: now) }
    let data: (String, JSONNode) =
      switch family.kind {
      case .gauge: ("gauge", ["dataPoints": .array(points)])
      // 2: cumulative.
      case .counter: ("sum", ["dataPoints": .array(points), "aggregationTemporality": 2, "isMonotonic": true])
      case .histogram: ("histogram", ["dataPoints": .array(points), "aggregationTemporality": 2])
      }
    var members: [(String, JSONNode)] = [
      ("name", .string(family.otlpName ?? family.name)), ("description", .string(family.help)),
    ]
    if !family.unit.ucum.isEmpty { members.append(("unit", .string(family.unit.ucum))) }
    return .object(members + [data])
  }

  private func point(_ family: MetricFamily, _ point: MetricPoint, from start: UnixTime, to now: UnixTime) -> JSONNode {
    let labels = point.labels.map { label in
      Self.attribute(family.otlpLabels[label.name] ?? label.name, ["stringValue": .string(label.value)])
    }
    var members: [(String, JSONNode)] = [("attributes", .array(labels)), ("timeUnixNano", Self.time(now))]
    if family.kind != .gauge { members.append(("startTimeUnixNano", Self.time(start))) }
    switch point.value {
    case .number(let number): members.append(("asDouble", .number(number)))
    case .histogram(let histogram):
      members += [
        ("count", .string(String(histogram.count))), ("sum", .number(histogram.sum)),
        ("bucketCounts", .array(histogram.buckets.map { .string(String($0)) })),
        ("explicitBounds", .array(histogram.bounds.map { .number($0) })),
      ]
      let exemplars = histogram.exemplars.compactMap { $0 }.map(exemplar)
      if !exemplars.isEmpty { members.append(("exemplars", .array(exemplars))) }
    }
    return .object(members)
  }

  private func exemplar(_ exemplar: MetricExemplar) -> JSONNode {
    [
      "timeUnixNano": Self.time(exemplar.time), "asDouble": .number(exemplar.value), "traceId": .string(exemplar.traceID),
      "spanId": .string(exemplar.spanID),
    ]
  }

  private static func attribute(_ name: String, _ value: JSONNode) -> JSONNode { ["key": .string(name), "value": value] }
  private static func time(_ time: UnixTime) -> JSONNode { .string(String(time.milliseconds) + "000000") }
}
