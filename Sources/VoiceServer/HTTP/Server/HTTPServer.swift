import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import VoiceGateway
import VoiceHummingbird
import VoiceTransport

/// The listener: routes by Hummingbird, WebSockets by VoiceTransport.
///
/// Its graceful shutdown closes the listening socket and what is idle; it is to begin when the gateway has drained, so
/// that `/readyz` and the rest answer until then.
struct HTTPServer: Service {
  let settings: Settings.HTTP
  let routes: RouteTable
  /// Bounds of sessions, from which those of accepted connections follow.
  let limits: Settings.Limits
  let tls: TLSCertificate?
  let group: any EventLoopGroup
  let isWebSocketPath: @Sendable (Substring) -> Bool
  let decide: @Sendable (UpgradeRequest, any EventLoop) -> UpgradeDecision
  /// Called with the port once the socket listens.
  let listening: @Sendable (Int) async -> Void
  let logger: Logger

  func run() async throws {
    let timeout = TimeAmount(settings.handshakeTimeout)
    // A route that waits for a body says 408 first.
    let twice = TimeAmount.nanoseconds(2 * timeout.nanoseconds)
    let times = HTTPTimes(head: timeout, body: twice, keepAlive: timeout, write: twice)
    // Once a client has come by TLS it is not to come without.
    let headers: HTTPFields = settings.tlsCertificateFile == nil ? [:] : [.strictTransportSecurity: "max-age=31536000"]
    let application = Application(
      responder: RouteResponder<APIRequestContext>(routes, headers: headers),
      server: HTTPServerBuilder { responder in
        ClientChannel(
          http1: HTTP1Channel(responder: responder), tls: tls.map { certificate in { @Sendable in certificate.context } }, times: times,
          isWebSocketPath: isWebSocketPath, decide: decide)
      },
      configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port), backlog: 4_096),
      onServerRunning: { channel in
        try? await guardAccepts(of: channel)
        await listening(channel.localAddress?.port ?? settings.port)
      },
      eventLoopGroupProvider: .shared(group), logger: quiet)
    try await application.run()
  }

  private func guardAccepts(of channel: any Channel) async throws {
    let (limits, proxies, logger) = (limits.accepts, settings.trustedProxies, logger)
    try await channel.eventLoop.submit {
      let handler = AcceptHandler(
        limits: limits, isExempt: { address in address.ipAddress.map { text in proxies.contains { $0.contains(text) } } ?? false },
        report: { notice in
          switch notice {
          case .outOfDescriptors:
            logger.error(
              "out of file descriptors, connections wait to be accepted: raise the limit (ulimit -n) or lower VOICE_MAX_CONNECTIONS")
          case .refused(let count):
            logger.warning(
              "connections closed as they were accepted, beyond VOICE_MAX_CONNECTIONS or VOICE_MAX_CONNECTIONS_PER_IP",
              metadata: ["count": "\(count)"])
          }
        })
      try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    }.get()
  }

  /// Hummingbird says at `info` what is said in our own words.
  private var quiet: Logger {
    var copy = logger
    copy.logLevel = max(logger.logLevel, .notice)
    return logger.logLevel <= .debug ? logger : copy
  }
}

extension Settings.Limits {
  /// More than sessions: beside each WebSocket there is room for a few connections of plain HTTP, and for those that are answered 503.
  var accepts: AcceptLimits {
    AcceptLimits(
      connections: connections + connections / 4 + 16, connectionsPerAddress: connectionsPerAddress + connectionsPerAddress / 4 + 16)
  }
}
