/// A session's place in a distributed trace (W3C Trace Context).
public struct TraceContext: Sendable, Equatable {
  /// 32 hexadecimal digits, shared with all who take part.
  public let traceID: String
  /// The session's own span, 16 hexadecimal digits.
  public let spanID: String
  /// The caller's span, when it sent one.
  public let parentSpanID: String?

  /// Context of the session that a task works for, so that its requests carry ``traceparent``.
  @TaskLocal public static var current: TraceContext?

  /// Begins a trace, or goes on with the caller's where `traceparent` is one (`00-TRACE-SPAN-FLAGS`), or else `sentryTrace` (the header
  /// field `sentry-trace`: `TRACE-SPAN` or `TRACE-SPAN-SAMPLED`).
  public init(traceparent: String? = nil, sentryTrace: String? = nil, using generator: inout some RandomNumberGenerator) {
    let caller = traceparent.flatMap(Self.parse) ?? sentryTrace.flatMap { Self.parse("00-\($0.prefix(49))-01") }
    traceID = caller?.trace ?? Self.hexadecimal(words: 2, using: &generator)
    parentSpanID = caller?.span
    spanID = Self.hexadecimal(words: 1, using: &generator)
  }

  /// The header field for those who are called from within the session.
  public var traceparent: String { "00-\(traceID)-\(spanID)-01" }

  /// Digits of an identifier, never all zero.
  public static func hexadecimal(words: Int, using generator: inout some RandomNumberGenerator) -> String {
    (0..<words).map { _ in
      let word = String(UInt64.random(in: 1 ... .max, using: &generator), radix: 16)
      return String(repeating: "0", count: 16 - word.utf8.count) + word
    }.joined()
  }

  private static func parse(_ text: String) -> (trace: String, span: String)? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    // A later version may have more parts; version ff is none.
    guard parts.count == 4 || (parts.count > 4 && parts[0] != "00"), parts[0] != "ff",
      zip(parts, [2, 32, 16, 2]).allSatisfy({ part, count in
        part.utf8.count == count && part.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
      }), parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
    else { return nil }
    return (String(parts[1]), String(parts[2]))
  }
}
