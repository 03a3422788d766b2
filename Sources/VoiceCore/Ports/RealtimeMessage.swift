public import NIOCore

/// A whole WebSocket message as it came: the bytes are forwarded, not decoded.
public struct RealtimeMessage: Sendable, Equatable {
  /// Payload of the message.
  public var bytes: ByteBuffer
  /// False for a binary message, which the Realtime protocol does not use.
  public var isText: Bool

  /// Creates a realtime message.
  public init(_ bytes: ByteBuffer, isText: Bool = true) {
    self.bytes = bytes
    self.isText = isText
  }
}
