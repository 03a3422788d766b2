package import HummingbirdCore
package import Logging
package import NIOCore
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1
package import NIOSSL
import VoiceCore
package import VoiceTransport

/// Sets an accepted connection up: VoiceTransport keeps it, as a WebSocket or as an HTTP connection whose requests Hummingbird answers.
package struct ClientChannel: ServerChildChannel {
  package typealias HTTPStream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  package struct Value: ServerChildChannelValue {
    package let channel: any Channel
    /// Nil once the connection turned out to be a WebSocket, or closed before its first request.
    let http: EventLoopFuture<HTTPStream?>
  }

  let http1: HTTP1Channel
  let tls: (@Sendable () throws -> NIOSSLContext)?
  let times: HTTPTimes
  let isWebSocketPath: @Sendable (Substring) -> Bool
  let decide: @Sendable (UpgradeRequest, any EventLoop) -> UpgradeDecision

  /// - Parameters:
  ///   - http1: answers plain requests.
  ///   - tls: asked for each accepted connection, so that a new certificate needs no restart; nil serves plain TCP.
  ///   - times: limits of a connection.
  ///   - isWebSocketPath: true for paths that are upgraded.
  ///   - decide: answers an upgrade.
  package init(
    http1: HTTP1Channel, tls: (@Sendable () throws -> NIOSSLContext)?, times: HTTPTimes,
    isWebSocketPath: @escaping @Sendable (Substring) -> Bool,
    decide: @escaping @Sendable (UpgradeRequest, any EventLoop) -> UpgradeDecision
  ) {
    self.http1 = http1
    self.tls = tls
    self.times = times
    self.isWebSocketPath = isWebSocketPath
    self.decide = decide
  }

  package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls())) }
      let firstRequest = FirstRequestHandler(on: channel.eventLoop)
      let waiting = NIOLoopBound(firstRequest, eventLoop: channel.eventLoop)
      let upgrader = WebSocketUpgrader(isWebSocketPath: isWebSocketPath, times: times) { request, eventLoop in
        let decision = decide(request, eventLoop)
        guard case .accept(let headers, let subprotocol, let configuration, let open) = decision else { return decision }
        return .accept(headers: headers, subprotocol: subprotocol, configuration: configuration) { connection, eventLoop in
          waiting.value.decide(nil)
          return open(connection, eventLoop)
        }
      }
      try upgrader.configure(channel, isSecure: tls != nil) { channel in
        try channel.pipeline.syncOperations.addHandlers([OldVersionMarker(), HTTP1ToHTTPServerCodec(secure: tls != nil)])
        waiting.value.decide(
          try HTTPStream(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
      }
      try pipeline.addHandler(firstRequest)
      return Value(channel: channel, http: firstRequest.stream)
    }
  }

  /// Ends at once for a WebSocket, so that nothing of Hummingbird's stays behind for it.
  package func handle(value: Value, logger: Logger) async {
    await withTaskCancellationHandler {
      guard let stream = try? await value.http.get() else { return }
      await http1.handle(value: stream, logger: logger)
    } onCancel: {
      value.channel.close(promise: nil)
    }
  }
}
