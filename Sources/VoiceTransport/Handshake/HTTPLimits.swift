/// What a request's head may weigh before it is answered with 431.
public struct HTTPLimits: Sendable, Equatable {
  /// The request line and each field. A token of 8 KiB fits into one.
  public var maxLineBytes = 9_216
  /// All lines together.
  public var maxHeadBytes = 16_384
  public var maxFields = 128

  public init() {}
}
