import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import VoiceCore
import VoiceTransport

/// What each accepted connection becomes: a WebSocket, which then is VoiceTransport's alone, or an HTTP connection,
/// which Hummingbird serves.
struct ClientChannel: ServerChildChannel {
  typealias HTTPStream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  struct Value: ServerChildChannelValue {
    let channel: any Channel
    /// Nil once the connection turned out to be a WebSocket, or closed before its first request.
    let http: EventLoopFuture<HTTPStream?>
  }

  let http1: HTTP1Channel
  let tls: TLSCertificate?
  let requestTimeout: TimeAmount
  let isWebSocketPath: @Sendable (Substring) -> Bool
  let decide: @Sendable (UpgradeRequest, any EventLoop) -> UpgradeDecision

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      // Hummingbird's listener lets peers close one side; a WebSocket that does so is gone.
      try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
      if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
      let firstRequest = FirstRequestHandler(on: channel.eventLoop)
      let waiting = NIOLoopBound(firstRequest, eventLoop: channel.eventLoop)
      let upgrader = WebSocketUpgrader(isWebSocketPath: isWebSocketPath, handshakeTimeout: requestTimeout) { request, eventLoop in
        let decision = decide(request, eventLoop)
        guard case .accept(let headers, let subprotocol, let configuration, let open) = decision else { return decision }
        return .accept(headers: headers, subprotocol: subprotocol, configuration: configuration) { connection, eventLoop in
          waiting.value.becameWebSocket()
          return open(connection, eventLoop)
        }
      }
      try upgrader.configure(channel, isSecure: tls != nil) { channel in
        let (stream, stateHandler) = try makeStream(on: channel, logger: logger)
        waiting.value.becameHTTP(stream, stateHandler)
      }
      try pipeline.addHandler(firstRequest)
      return Value(channel: channel, http: firstRequest.stream)
    }
  }

  private func makeStream(on channel: any Channel, logger: Logger) throws -> (HTTPStream, HTTPConnectionStateHandler) {
    let pipeline = channel.pipeline.syncOperations
    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
    let stateHandler = HTTPConnectionStateHandler(idleTimeout: Duration(requestTimeout), logger: logger)
    // Twice the time: a route that waits for a body says 408 first.
    try pipeline.addHandler(RequestDeadlineHandler(timeout: .nanoseconds(2 * requestTimeout.nanoseconds)))
    try pipeline.addHandler(stateHandler)
    let stream = try HTTPStream(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    return (stream, stateHandler)
  }

  /// Ends at once for a WebSocket, so that nothing of Hummingbird's stays behind for it.
  func handle(value: Value, logger: Logger) async {
    await withTaskCancellationHandler {
      guard let stream = try? await value.http.get() else { return }
      await http1.handle(value: stream, logger: logger)
    } onCancel: {
      value.channel.close(promise: nil)
    }
  }
}
