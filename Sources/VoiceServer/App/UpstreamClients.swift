import Foundation
import Metrics
import NIOCore
import ServiceLifecycle
import VoiceCore
import VoiceGateway
import VoiceHTTP
import VoiceTransport

/// Clients for upstream, HTTP and retrieval.
enum UpstreamClients {
  /// Throws ``SettingsError`` when the certificate authorities do not load, or for a proxy that is none.
  static func connector(_ settings: Settings) throws -> any RealtimeConnector { FailoverConnector(try plainConnector(settings)) }

  /// Connections that wait for sessions; nil where none are to. Throws as ``connector(_:)`` does.
  static func warmConnector(_ settings: Settings, group: any EventLoopGroup, metrics: any MetricsFactory) throws -> WarmConnector? {
    guard settings.warm.count > 0 else { return nil }
    let first = settings.upstream.target(query: "model=\(PercentCoding.encoded(settings.upstream.model))")
    func counter(_ result: String) -> Counter {
      Counter(label: "voice_upstream_warm_dials", dimensions: [("result", result)], factory: metrics)
    }
    let (hits, misses) = (counter("hit"), counter("miss"))
    return WarmConnector(
      try plainConnector(settings), targets: [first] + first.alternatives,
      configuration: .init(count: settings.warm.count, opensSessions: settings.warm.opensSessions), group: group,
      dialled: { ($0 ? hits : misses).increment() })
  }

  private static func plainConnector(_ settings: Settings) throws -> NIORealtimeConnector {
    var configuration = WebSocketConfiguration()
    // Long items that are retrieved come as one message.
    configuration.maxMessageBytes = 33_554_432
    // 45 s without a byte, pongs included, mean that upstream is lost.
    configuration.pingInterval = .seconds(20)
    configuration.pongTimeout = .seconds(25)
    let proxies = try proxies(settings)
    do {
      return NIORealtimeConnector(
        configuration: configuration, tls: try NIORealtimeConnector.tls(authoritiesFile: settings.files.certificateAuthorities),
        proxies: proxies)
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

/// Keeps connections to upstream ready while the server runs.
struct WarmUpstream: Service {
  /// Help texts of the metrics made here.
  static let help = ["voice_upstream_warm_dials_total": "Dials to upstream by whether a connection waited for them: hit or miss."]

  let connector: WarmConnector

  func run() async { await cancelWhenGracefulShutdown { await connector.run() } }
}
