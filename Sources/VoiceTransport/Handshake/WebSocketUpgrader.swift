public import NIOCore
import NIOHTTP1

/// Turns accepted channels into WebSockets where the path says so, and leaves all other requests to plain HTTP.
public struct WebSocketUpgrader: Sendable {
  let isWebSocketPath: @Sendable (Substring) -> Bool
  let times: HTTPTimes
  let limits: HTTPLimits
  let decide: @Sendable (UpgradeRequest, any EventLoop) -> UpgradeDecision

  /// - Parameters:
  ///   - isWebSocketPath: takes a path without its query.
  ///   - decide: called on the channel's event loop for every sound handshake.
  ///   - times: deadlines of a connection.
  ///   - limits: bounds.
  public init(
    isWebSocketPath: @escaping @Sendable (Substring) -> Bool, times: HTTPTimes = HTTPTimes(), limits: HTTPLimits = HTTPLimits(),
    decide: @escaping @Sendable (UpgradeRequest, any EventLoop) -> UpgradeDecision
  ) {
    self.isWebSocketPath = isWebSocketPath
    self.times = times
    self.limits = limits
    self.decide = decide
  }

  /// Adds HTTP/1.1 decoding and the upgrade to an accepted channel; call it on the channel's event loop.
  ///
  /// The first request for another path calls `fallback`, which adds handlers at the end of the pipeline: they read
  /// `HTTPServerRequestPart`s and write `HTTPServerResponsePart`s, one request at a time. Pipelined requests, deadlines, answers to HEAD
  /// and the end of the connection are kept for them. On a connection that later becomes a WebSocket they stay
  /// in their place and get nothing more.
  public func configure(
    _ channel: any Channel, isSecure: Bool, fallback: @escaping @Sendable (any Channel) throws -> Void
  ) throws {
    var configuration = NIOHTTPDecoderLimitConfiguration()
    configuration.maxHeaderFieldSize = limits.maxLineBytes
    configuration.maxHeaderListSize = limits.maxHeadBytes
    configuration.maxHeaderFieldCount = limits.maxFields
    let decoder = ByteToMessageHandler(
      HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: configuration), maximumBufferSize: limits.maxHeadBytes)
    let encoder = HTTPResponseEncoder()
    let connection = HTTPConnectionHandler(
      upgrader: self, isSecure: isSecure, decoder: decoder, encoder: encoder, now: channel.eventLoop.now, fallback: fallback)
    try PassingReceiveBuffers.install(on: channel)
    try channel.pipeline.syncOperations.addHandlers([decoder, encoder, connection])
  }
}
