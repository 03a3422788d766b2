import Foundation
import NIOCore
import VoiceCore
import VoiceGateway
import VoiceHTTP
import VoiceTransport

/// Clients for upstream, HTTP and retrieval.
enum UpstreamClients {
  /// Throws ``SettingsError`` when the certificate authorities do not load, or for a proxy that is none.
  static func connector(_ settings: Settings) throws -> any RealtimeConnector {
    var configuration = WebSocketConfiguration()
    // Long items that are retrieved come as one message.
    configuration.maxMessageBytes = 33_554_432
    // 45 s without a byte, pongs included, mean that upstream is lost.
    configuration.pingInterval = .seconds(20)
    configuration.pongTimeout = .seconds(25)
    let proxies = try proxies(settings)
    do {
      return FailoverConnector(
        NIORealtimeConnector(
          configuration: configuration, tls: try NIORealtimeConnector.tls(authoritiesFile: settings.files.certificateAuthorities),
          proxies: proxies))
    } catch {
      throw SettingsError(["SSL_CERT_FILE: the certificate authorities do not load; expected a PEM file"])
    }
  }

  /// Throws ``SettingsError``.
  static func proxies(_ settings: Settings) throws -> ProxyRules {
    try UpstreamProxies.rules(ProcessInfo.processInfo.environment, urls: settings.upstream.urls)
  }

  /// Returns the HTTP client of key sets and telemetry.
  static func httpClient(_ settings: Settings) throws -> any HTTPClient { try CurlHTTPClient(httpConfiguration(settings)) }

  /// Returns the HTTP client of the retriever. Every session that speaks has up to three queries in flight, and HTTP/1.1 takes a
  /// connection for each.
  static func retrievalClient(_ settings: Settings) throws -> any HTTPClient {
    var configuration = httpConfiguration(settings)
    configuration.maxConnections = 512
    configuration.maxConnectionsPerHost = 512
    configuration.maxExchanges = 8_192
    return try CurlHTTPClient(configuration)
  }

  private static func httpConfiguration(_ settings: Settings) -> CurlHTTPClient.Configuration {
    CurlHTTPClient.Configuration(
      certificateAuthorities: settings.files.certificateAuthorities, userAgent: "voice-realtime/\(settings.telemetry.version)")
  }
}
