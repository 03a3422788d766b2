import RateLimiting
import SessionStore
import TelemetryExport
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// What the routes work with.
struct RouteServices: Sendable {
  var settings: Settings
  var lifecycle: Lifecycle
  var sessions: any SessionControl
  var store: any SessionStore
  var limiter: any RateLimiter
  /// Of the JWTs alone: what the gateway mints opens WebSockets, and mints nothing in turn.
  var verifier: any TokenVerifier
  var shortTokens: ShortTokens
  var stats: StatsCollector
  /// All that is measured, as it is now.
  var metrics: @Sendable () -> [MetricFamily]
  /// Of all instances; nil where only this one is known.
  var clusterStats: @Sendable (UnixTime) async -> StatsReport? = { _ in nil }
  /// What came of the last days.
  var days: @Sendable () async -> [DayFigures] = { [] }
  var timeline: Timeline
  /// The feature flag, plans and percentage as they are now.
  var flags: @Sendable () -> FeatureFlags
  /// False while a key set behind a URL was never fetched, or is too old to be used.
  var hasKeys: @Sendable () -> Bool = { true }
  var redis: @Sendable () async -> HealthReport.Redis
  /// `weaviate`, `embedded` or `none`.
  var retrievalSource: String
  /// True while answers go without context because the retriever failed too often.
  var isRetrievalDegraded: @Sendable () -> Bool = { false }
  /// Whether the page at `/` is served.
  var servesDemoPage: Bool
  /// True where the built-in simulator answers in place of a model.
  var isSimulated = false
  var now: @Sendable () -> UnixTime
}

/// The sessions that run, on this instance and, as far as they are told, on others.
protocol SessionControl: Sendable {
  var activeSessions: Int { get }
  /// Those of verified clients on this instance.
  var runningSessions: [SessionID] { get }
  /// Ends a session wherever it runs, and forgets it. False where there is none.
  func end(_ session: SessionID) async throws -> Bool
  /// User of a session that is stored or runs, also where it cannot be read.
  func user(of session: SessionID) async throws -> String?
  func isRunning(_ session: SessionID) -> Bool
}

extension VoiceGateway: SessionControl {}
