/// One leg of a session: a WebSocket that carries whole messages, dialled by either side.
///
/// Not `Sendable`: every call is made on the connection's event loop, and so is every call it makes to its
/// ``RealtimeConnectionDelegate``.
public protocol RealtimeConnection: AnyObject {
  /// Bytes that were sent and that the network has not taken yet.
  var bufferedBytes: Int { get }
  /// False from the high to the low watermark of ``bufferedBytes``.
  var isWritable: Bool { get }
  /// Queues one whole message. Nothing moves before ``flush()``.
  func send(_ message: RealtimeMessage)
  /// Hands all that is queued to the network. Called once a read loop, not once a message.
  func flush()
  /// Stops and starts reading from the peer, so that TCP pushes back.
  func setReading(_ enabled: Bool)
  /// Sends what is queued, then a close frame, and waits a bounded time for the peer's. Later calls do nothing.
  func close(_ closure: WebSocketClosure)
  /// Drops the connection at once, with no close frame.
  func abort()
}

/// Callbacks of a connection to its owner, always on the connection's event loop.
public protocol RealtimeConnectionDelegate: AnyObject {
  /// One whole message. `message.bytes` is the delegate's to keep, change and pass on.
  func received(_ message: RealtimeMessage)
  /// One read brought so many frames that are no message: pings, pongs and further fragments, each of which costs what a message costs.
  /// Called before ``readCompleted()``. An owner that does not care leaves this out.
  func received(otherFrames count: Int)
  /// All that one read brought has been delivered: the moment to flush the other leg.
  func readCompleted()
  /// ``RealtimeConnection/isWritable`` changed.
  func writabilityChanged(_ isWritable: Bool)
  /// The peer broke the protocol or a limit, and is about to be told `closure`: the last moment to say something before it.
  /// Nothing more is received. An owner that does not care leaves this out.
  func peerFailed(_ closure: WebSocketClosure)
  /// The last call. `closure` is the close frame of the peer or of this side; code 1006 if there was none.
  func closed(_ closure: WebSocketClosure)
}

extension RealtimeConnectionDelegate {
  public func received(otherFrames count: Int) {}
  public func peerFailed(_ closure: WebSocketClosure) {}
}
