public import NIOCore

/// Deadlines of one HTTP connection. Each has a default that suits a server on the open internet.
public struct HTTPTimes: Sendable, Equatable {
  /// Time allowed from the accept to the end of the first request's head, TLS included.
  public var head: TimeAmount
  /// Time allowed from a request's head to the end of its body.
  public var body: TimeAmount
  /// Time allowed from the end of a response to the end of the next request's head.
  public var keepAlive: TimeAmount
  /// Longest time for which bytes of a response may stand still.
  public var write: TimeAmount
  /// Time allowed to a peer that is still sending: from the last response, or from the listener's close, to the end of the connection.
  public var linger: TimeAmount = .seconds(2)

  /// Creates HTTP times.
  public init(
    head: TimeAmount = .seconds(10), body: TimeAmount = .seconds(20), keepAlive: TimeAmount = .seconds(60), write: TimeAmount = .seconds(20)
  ) {
    self.head = head
    self.body = body
    self.keepAlive = keepAlive
    self.write = write
  }
}
