/// Decides which traces are recorded: OpenTelemetry's built-in samplers.
public struct TraceSampler: Sendable, Equatable {
  /// Share of traces that begin here and are recorded, 0 to 1.
  public var ratio: Double
  /// True keeps the decision that a caller made.
  public var followsCaller: Bool

  /// Creates a trace sampler.
  public init(ratio: Double, followsCaller: Bool) {
    self.ratio = ratio
    self.followsCaller = followsCaller
  }

  /// `parentbased_always_on`: all that no caller decided against.
  public static let followingCaller = TraceSampler(ratio: 1, followsCaller: true)

  /// The names of `OTEL_TRACES_SAMPLER`.
  public static let names = [
    "parentbased_always_on", "always_on", "always_off", "traceidratio", "parentbased_always_off", "parentbased_traceidratio",
  ]

  /// A sampler by its name in `OTEL_TRACES_SAMPLER`, with `OTEL_TRACES_SAMPLER_ARG`; nil where there is none of that name.
  public init?(name: String, ratio: Double = 1) {
    guard Self.names.contains(name) else { return nil }
    self.init(
      ratio: name.hasSuffix("always_on") ? 1 : name.hasSuffix("always_off") ? 0 : ratio, followsCaller: name.hasPrefix("parentbased"))
  }

  /// - Parameter callersDecision: nil where the trace begins here, or its caller left the decision open.
  /// - Parameter traceID: id of the trace.
  public func isSampled(traceID: String, callersDecision: Bool?) -> Bool {
    if followsCaller, let callersDecision { return callersDecision }
    if ratio >= 1 { return true }
    // The random half of the id, as OpenTelemetry's libraries take it: all who ask decide alike.
    guard ratio > 0, let word = UInt64(traceID.suffix(16), radix: 16) else { return false }
    return Double(word >> 1) < ratio * 9_223_372_036_854_775_808
  }
}
