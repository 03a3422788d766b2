public import NIOCore

/// Limits and times of one WebSocket connection.
public struct WebSocketConfiguration: Sendable, Equatable {
  /// A message whose frames together are larger closes the connection with 1009.
  public var maxMessageBytes = 22_020_096
  /// A message in more frames closes the connection with 1008.
  public var maxFragments = 1_024
  /// How often this side pings; `nil` never does.
  public var pingInterval: TimeAmount? = .seconds(20)
  /// How long the peer may stay silent after a ping. Any byte of it counts as life.
  public var pongTimeout: TimeAmount = .seconds(30)
  /// How long the end may take: queued data, close frames, TCP.
  public var closeTimeout: TimeAmount = .seconds(5)
  /// How long queued bytes may stand still before the connection is aborted; `nil` for ever.
  public var writeTimeout: TimeAmount? = .seconds(30)
  /// Queued bytes at which ``RealtimeConnection/isWritable`` becomes false.
  public var highWatermark = 65_536
  /// Queued bytes at which it becomes true again.
  public var lowWatermark = 32_768

  public init() {}
}
