public import VoiceCore

/// A stretch of time with a name, as part of a trace.
public struct TraceSpan: Sendable, Equatable {
  /// The part that a span plays, by OpenTelemetry's numbers.
  public enum Kind: Int, Sendable {
    /// Work of this process.
    case `internal` = 1
    /// Work for a caller.
    case server = 2
    /// Work that another service was asked for.
    case client = 3
  }
  /// 16 hexadecimal digits.
  public var id: String
  /// Parent span; nil for a root.
  public var parent: String?
  /// Name for people, for example `turn`.
  public var name: String
  /// Kind of work, for example `voice.turn`: Sentry's `op`.
  public var operation: String
  /// Role of the span in a call between processes.
  public var kind: Kind
  /// Time of the start.
  public var start: UnixTime
  /// Time of the end.
  public var end: UnixTime
  /// True if the work failed.
  public var isError: Bool
  /// Details by name.
  public var attributes: [TraceAttribute]

  /// Creates a trace span.
  public init(
    id: String, parent: String? = nil, name: String, operation: String, kind: Kind = .internal, start: UnixTime, end: UnixTime,
    isError: Bool = false, attributes: [TraceAttribute] = []
  ) {
    self.id = id
    self.parent = parent
    self.name = name
    self.operation = operation
    self.kind = kind
    self.start = start
    self.end = end
    self.isError = isError
    self.attributes = attributes
  }
}
