public import NIOCore

/// Limits and times of one WebSocket connection.
public struct WebSocketConfiguration: Sendable, Equatable {
  /// A message whose frames together are larger closes the connection with 1009.
  public var maxMessageBytes = 22_020_096
  /// A message in more frames closes the connection with 1008.
  public var maxFragments = 1_024
  /// Interval of pings; `nil` = none.
  public var pingInterval: TimeAmount? = .seconds(20)
  /// Time allowed for any byte of the peer after a ping.
  public var pongTimeout: TimeAmount = .seconds(30)
  /// Time allowed for closing: queued data, close frames, TCP.
  public var closeTimeout: TimeAmount = .seconds(5)
  /// Time without progress of queued bytes after which the connection is aborted; `nil` = unlimited.
  public var writeTimeout: TimeAmount? = .seconds(30)
  /// Queued bytes at which `RealtimeConnection.isWritable` becomes false.
  public var highWatermark = 65_536
  /// Queued bytes at which it becomes true again.
  public var lowWatermark = 32_768

  /// Creates a configuration with the defaults.
  public init() {}
}
