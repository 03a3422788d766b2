public import HummingbirdCore
public import NIOSSL
public import VoiceGateway

extension HTTPServerBuilder {
  /// A server of HTTP/1.1 whose WebSocket endpoints are the gateway's, and whose other requests are the application's.
  ///
  /// - Parameter tls: asked for each accepted connection, so that a new certificate needs no restart; nil serves plain TCP.
  /// - Parameter gateway: gateway that serves the WebSockets.
  public static func voice(_ gateway: VoiceGateway, tls: (@Sendable () throws -> NIOSSLContext)? = nil) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
      ClientChannel(
        http1: HTTP1Channel(responder: responder), tls: tls, times: gateway.times, isWebSocketPath: VoiceGateway.isWebSocketPath,
        decide: gateway.decide)
    }
  }
}
