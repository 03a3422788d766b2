/// Code and reason of a close frame (RFC 6455 section 7.4).
public struct WebSocketClosure: Sendable, Hashable {
  /// 1000–4999. 1005 and 1006 are never sent: no code was given, no close frame came.
  public var code: UInt16
  /// Reason, at most 123 bytes of UTF-8 on the wire.
  public var reason: String

  /// Creates a closure with a code and a reason.
  public init(code: UInt16, reason: String = "") {
    self.code = code
    self.reason = reason
  }

  /// Close frame without a code, 1005.
  public static let noStatus = WebSocketClosure(code: 1005)
  /// Connection that ended without a close frame, 1006.
  public static let abnormal = WebSocketClosure(code: 1006)
}
