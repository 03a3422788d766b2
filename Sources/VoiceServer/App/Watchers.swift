import Foundation
import ServiceLifecycle
import VoiceCore
import VoiceTelemetry

/// All that watches: stats and metrics always, what the settings name beside them.
struct Watchers: Sendable {
  let stats: StatsCollector
  let observer: any RelayObserver
  /// All metrics as they are now.
  let metrics: @Sendable () -> [MetricFamily]
  let services: [any Service]

  init(_ settings: Settings, registry: MetricRegistry, sentry: SentryClient?) {
    let stats = StatsCollector(now: WallClock.now)
    self.stats = stats
    var others: [any RelayObserver] = []
    if let sentry {
      others.append(TraceObserver(sinks: [sentry], now: WallClock.now))
      others.append(SentrySessionObserver(client: sentry, now: WallClock.now))
    }
    observer = others.isEmpty ? stats : ObserverGroup(stats, others)
    let version = settings.telemetry.version
    metrics = {
      MetricFamily.all(stats.snapshot(), version: version) + registry.snapshot + ProcessFigures.families(startedAt: stats.startedAt)
    }
    services = sentry.map { [$0] } ?? []
  }

  /// Before the first log line, so that none is missed; nil without a DSN. Throws ``SettingsError``.
  static func sentry(_ settings: Settings) throws -> SentryClient? {
    guard let dsn = settings.sentry.dsn else { return nil }
    let parsed: SentryDSN
    do { parsed = try SentryDSN(dsn.expose()) } catch { throw SettingsError(["SENTRY_DSN: \(error)"]) }
    let configuration = SentryConfiguration(
      release: "voice-server@\(settings.telemetry.version)", environment: settings.sentry.environment,
      serverName: ProcessInfo.processInfo.hostName, tracesSampleRate: settings.sentry.tracesSampleRate)
    return SentryClient(dsn: parsed, configuration: configuration, http: try Upstream.httpClient(settings), now: WallClock.now)
  }
}
