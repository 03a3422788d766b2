import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

/// Dependencies of the gateway's routes.
struct RouteDependencies: Sendable {
  var configuration: GatewayConfiguration
  var sessions: any SessionControl
  var store: any SessionStore
  var limiter: any RateLimiter
  /// Verifier of JWTs alone: short-lived tokens open WebSockets, and cannot mint others.
  var verifier: any TokenVerifier
  var ephemeralTokens: EphemeralTokens
  var isEnabled: @Sendable () -> Bool
  /// Report of Redis; nil = memory serves.
  var redisHealth: (@Sendable () async -> RedisHealth.Report)?
  var retrievalSource: String
  var isDegraded: @Sendable () -> Bool
  var stats: GatewayDependencies.Stats?
  var metrics: GatewayDependencies.Metrics?
  var now: @Sendable () -> UnixTime
  var logger: Logger
}

/// The sessions that run, on this instance and, as far as others publish them, elsewhere.
protocol SessionControl: Sendable {
  var phase: GatewayPhase { get }
  var activeSessions: Int { get }
  /// Sessions of verified clients on this instance.
  var runningSessions: [SessionID] { get }
  /// Ends a session wherever it runs, and forgets it. False where there is none.
  func end(_ session: SessionID) async throws -> Bool
  /// User of a session that is stored or runs, also where it cannot be read.
  func user(of session: SessionID) async throws -> String?
  func isRunning(_ session: SessionID) -> Bool
}

extension VoiceGateway: SessionControl {}

extension RouteDependencies {
  func health() async -> HealthReport {
    let redis = HealthReport.Redis(await redisHealth?())
    let upstream = configuration.upstream
    let isEnabled = isEnabled()
    // Only OpenAI itself is known to want a key.
    let hasUpstreamKey = !upstream.apiKeys.isEmpty || upstream.urls != GatewayConfiguration.Upstream().urls
    return HealthReport(
      status: HealthReport.status(
        phase: sessions.phase, isEnabled: isEnabled, redis: redis, hasUpstreamKey: hasUpstreamKey, isDegraded: isDegraded()),
      featureEnabled: isEnabled, openAIConfigured: !upstream.apiKeys.isEmpty, weaviateEnabled: retrievalSource == "weaviate",
      rag: .init(source: retrievalSource), redis: redis, activeSessions: sessions.activeSessions, version: configuration.version,
      timestamp: ISO8601.text(now()))
  }
}
