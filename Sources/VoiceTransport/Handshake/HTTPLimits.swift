/// Bounds on the requests of one connection; a head beyond them is answered with 431.
public struct HTTPLimits: Sendable, Equatable {
  /// The request line and each field. A token of 8 KiB fits into one.
  public var maxLineBytes = 9_216
  /// All lines together.
  public var maxHeadBytes = 16_384
  /// Number of header fields.
  public var maxFields = 128
  /// Parts of pipelined requests that wait for their turn: two of a request without a body, three of one with a body. One more is
  /// answered with 429.
  public var maxQueuedParts = 200

  /// Creates HTTP limits.
  public init() {}
}
