public import HTTPTypes

/// A caller's trace, as its header fields tell it: what is not well-formed or too long counts as not sent.
public struct TraceCaller: Sendable, Equatable {
  struct Parent: Sendable, Equatable {
    var traceID: String
    var spanID: String
    /// Nil where the decision was left to others.
    var isSampled: Bool?
  }
  static let traceparent = HTTPField.Name("traceparent")!
  static let tracestate = HTTPField.Name("tracestate")!
  static let baggage = HTTPField.Name("baggage")!
  static let sentryTrace = HTTPField.Name("sentry-trace")!
  /// Header fields of the specifications.
  private static let maxTraceStateBytes = 512
  private static let maxBaggageBytes = 8_192

  let parent: Parent?
  let traceState: String?
  private let baggage: String?
  let speaksSentry: Bool

  /// Caller of a request without trace headers.
  public init() { self.init([:]) }

  /// `traceparent` (`00-TRACE-SPAN-FLAGS`) counts before `sentry-trace` (`TRACE-SPAN` or `TRACE-SPAN-SAMPLED`).
  public init(_ fields: HTTPFields) {
    let own = fields[Self.traceparent].flatMap(Self.parse)
    parent = own ?? fields[Self.sentryTrace].flatMap(Self.parseSentry)
    traceState = own.flatMap { _ in Self.sound(fields[values: Self.tracestate], Self.maxTraceStateBytes) }
    baggage = Self.sound(fields[values: Self.baggage], Self.maxBaggageBytes)
    speaksSentry = fields[Self.sentryTrace].flatMap(Self.parseSentry) != nil
  }

  /// The caller's `baggage` for a trace. Sentry's entries, its dynamic sampling context, belong to the trace that `sentry-trace_id` names:
  /// in any other all of them are left out. Nil where nothing is left.
  func baggage(of traceID: String) -> String? {
    guard let entries = baggage?.split(separator: ",") else { return nil }
    let others = entries.filter { !$0.trimmed.hasPrefix("sentry-") }
    let isOfTrace = entries.contains { entry in
      let pair = entry.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(\.trimmed)
      return pair == ["sentry-trace_id", traceID[...]]
    }
    return isOfTrace || others.count == entries.count ? baggage : others.isEmpty ? nil : others.joined(separator: ",")
  }

  private static func parse(_ text: String) -> Parent? {
    let parts = Array(text.utf8).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    // A later version may have more parts; version ff is none.
    guard parts.count == 4 || (parts.count > 4 && !isText(parts[0], "00")), !isText(parts[0], "ff"), isHex(parts[0], 2),
      isHex(parts[3], 2), let ids = ids(parts[1], parts[2]), let flags = UInt8(String(decoding: parts[3], as: UTF8.self), radix: 16)
    else { return nil }
    return Parent(traceID: ids.trace, spanID: ids.span, isSampled: flags & 1 == 1)
  }

  private static func parseSentry(_ text: String) -> Parent? {
    let parts = Array(text.utf8).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let ids = ids(parts[0], parts[1]) else { return nil }
    guard parts.count == 3 else { return Parent(traceID: ids.trace, spanID: ids.span, isSampled: nil) }
    guard isText(parts[2], "0") || isText(parts[2], "1") else { return nil }
    return Parent(traceID: ids.trace, spanID: ids.span, isSampled: isText(parts[2], "1"))
  }

  private static func ids(_ trace: ArraySlice<UInt8>, _ span: ArraySlice<UInt8>) -> (trace: String, span: String)? {
    guard isHex(trace, 32), isHex(span, 16), trace.contains(where: { $0 != 48 }), span.contains(where: { $0 != 48 }) else { return nil }
    return (String(decoding: trace, as: UTF8.self), String(decoding: span, as: UTF8.self))
  }

  private static func isText(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
    bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private static func isHex(_ bytes: ArraySlice<UInt8>, _ count: Int) -> Bool {
    bytes.count == count && bytes.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  /// Fields of one name joined; nil where there is none, one is too long, or holds what no header field may.
  private static func sound(_ values: [String], _ limit: Int) -> String? {
    let text = values.joined(separator: ",")
    guard !text.isEmpty, text.utf8.count <= limit, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    return text
  }
}
