import RateLimiting
import SessionStore
import TelemetryExport
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// Dependencies of the routes.
struct RouteServices: Sendable {
  var settings: Settings
  var lifecycle: Lifecycle
  var sessions: any SessionControl
  var store: any SessionStore
  var limiter: any RateLimiter
  /// Verifier of JWTs alone: short-lived tokens open WebSockets, and cannot mint others.
  var verifier: any TokenVerifier
  var shortTokens: ShortTokens
  var stats: StatsCollector
  /// All that is measured, as it is now.
  var metrics: @Sendable () -> [MetricFamily]
  /// Stats of all instances; nil if only this one is known.
  var clusterStats: @Sendable (UnixTime) async -> StatsReport? = { _ in nil }
  /// Totals of the last days.
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
  /// True if the page at `/` is served.
  var servesDemoPage: Bool
  /// True where the built-in simulator answers in place of a model.
  var isSimulated = false
  var now: @Sendable () -> UnixTime
}

/// The sessions that run, on this instance and, as far as they are told, on others.
protocol SessionControl: Sendable {
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
