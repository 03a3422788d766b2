import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import VoiceTransport

/// The listener: routes by Hummingbird, WebSockets by VoiceTransport.
///
/// Its graceful shutdown closes the listening socket and what is idle; it is to begin when the gateway has drained, so
/// that `/readyz` and the rest answer until then.
struct HTTPServer: Service {
  let settings: Settings.HTTP
  let routes: Routes
  let tls: TLSCertificate?
  let group: any EventLoopGroup
  let isWebSocketPath: @Sendable (Substring) -> Bool
  let decide: @Sendable (UpgradeRequest, any EventLoop) -> UpgradeDecision
  /// Called with the port once the socket listens.
  let listening: @Sendable (Int) async -> Void
  let logger: Logger

  func run() async throws {
    let timeout = TimeAmount(settings.handshakeTimeout)
    let application = Application(
      responder: routes.responder(),
      server: HTTPServerBuilder { responder in
        ClientChannel(
          http1: HTTP1Channel(responder: responder), tls: tls, requestTimeout: timeout, isWebSocketPath: isWebSocketPath, decide: decide)
      },
      configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port), backlog: 4_096),
      onServerRunning: { channel in await listening(channel.localAddress?.port ?? settings.port) },
      eventLoopGroupProvider: .shared(group), logger: quiet)
    try await application.run()
  }

  /// Hummingbird says at `info` what is said in our own words.
  private var quiet: Logger {
    var copy = logger
    copy.logLevel = max(logger.logLevel, .notice)
    return logger.logLevel <= .debug ? logger : copy
  }
}
