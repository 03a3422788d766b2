import Foundation
import HTTPTypes
import Logging
import NIOCore
import ServiceLifecycle
import TelemetryExport
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// All that watches: stats and metrics always, what the settings name beside them.
struct TelemetryServices: Sendable {
  let stats: StatsCollector
  let totals: DailyTotals
  let timeline: Timeline
  let observer: any RelayObserver
  /// All metrics as they are now.
  let metrics: @Sendable () -> [MetricFamily]
  let services: [any Service]

  /// Throws ``SettingsError``.
  init(_ settings: Settings, registry: MetricRegistry, sentry: SentryClient?, group: any EventLoopGroup, logger: Logger) throws {
    let stats = StatsCollector(now: UnixTime.now)
    self.stats = stats
    totals = DailyTotals(now: UnixTime.now)
    timeline = Timeline(now: UnixTime.now)
    var sinks: [any TraceSink] = [timeline]
    var others: [any RelayObserver] = [totals, timeline]
    if let sentry {
      sinks.append(sentry)
      others.append(SentrySessionObserver(client: sentry, now: UnixTime.now))
    }
    let version = settings.telemetry.version
    let naming = TraceNaming(
      provider: settings.upstream.urls.first.map { TraceNaming.provider(ofURL: $0.expose()) } ?? "openai",
      pseudonyms: Self.pseudonyms(settings))
    let all: @Sendable () -> [MetricFamily] = {
      MetricFamily.all(stats.snapshot(), version: version, provider: naming.provider) + registry.snapshot
        + ProcessMetrics.families(startedAt: stats.startedAt)
        + (sentry.map(Self.families) ?? [])
    }
    var services: [any Service] = sentry.map { [$0] } ?? []
    if let exporter = try Self.otlp(settings, metrics: all, logger: logger) {
      sinks.append(exporter)
      services.append(exporter)
      metrics = { all() + exporter.families() }
    } else {
      metrics = all
    }
    if let host = settings.telemetry.statsDHost {
      services.append(StatsDExporter(host: host, port: settings.telemetry.statsDPort, group: group, metrics: all, logger: logger))
    }
    others.append(TraceObserver(sinks: sinks, naming: naming, now: UnixTime.now))
    observer = ObserverGroup(stats, others)
    self.services = services
  }

  /// Nil where no endpoint is set. Throws ``SettingsError``.
  private static func otlp(_ settings: Settings, metrics: @escaping @Sendable () -> [MetricFamily], logger: Logger) throws -> OTLPExporter?
  {
    let otlp = settings.telemetry.otlp
    guard otlp.traces != nil || otlp.metrics != nil else { return nil }
    let known = [
      (name: "service.name", value: "voice-server"), ("service.version", settings.telemetry.version),
      ("service.instance.id", UUID().uuidString.lowercased()), ("host.name", ProcessInfo.processInfo.hostName),
      ("deployment.environment.name", settings.sentry.environment),
    ]
    var configuration = OTLPConfiguration(traces: otlp.traces, metrics: otlp.metrics, resource: otlp.resource(known))
    configuration.metricPrefix = "voice_otlp"
    configuration.headers = otlp.headers.flatMap { OTLPKeyValues.headers($0.expose()) } ?? [:]
    return OTLPExporter(
      configuration, http: try UpstreamClients.httpClient(settings), metrics: metrics, now: UnixTime.now, logger: logger)
  }

  /// The same on all instances: made with a secret that they share. Without one each instance has its own.
  static func pseudonyms(_ settings: Settings) -> UserPseudonyms {
    let secret = settings.auth.secret ?? settings.upstream.apiKeys.first
    return secret.map { UserPseudonyms(secret: $0.expose().utf8) } ?? .ephemeral()
  }

  /// Metrics of the Sentry client.
  private static func families(_ sentry: SentryClient) -> [MetricFamily] {
    let outbox = sentry.outbox
    return [
      .gauge("voice_sentry_queue_envelopes", "Envelopes that wait to be sent to Sentry.", Double(outbox.waiting)),
      MetricFamily(
        "voice_sentry_discarded_total", .counter, "What Sentry was not sent, by reason.",
        outbox.discarded.sorted { $0.key < $1.key }.map { MetricPoint([MetricLabel("reason", $0.key)], value: .number(Double($0.value))) }),
    ]
  }

  /// Creates the client before the first log line, so that none is missed; nil without a DSN. Throws ``SettingsError``.
  static func sentry(_ settings: Settings) throws -> SentryClient? {
    guard let dsn = settings.sentry.dsn else { return nil }
    let parsed: SentryDSN
    do { parsed = try SentryDSN(dsn.expose()) } catch { throw SettingsError(["SENTRY_DSN: \(error)"]) }
    let configuration = SentryConfiguration(
      release: "voice-server@\(settings.telemetry.version)", environment: settings.sentry.environment,
      serverName: ProcessInfo.processInfo.hostName, tracesSampleRate: settings.sentry.tracesSampleRate,
      pseudonyms: pseudonyms(settings))
    return SentryClient(dsn: parsed, configuration: configuration, http: try UpstreamClients.httpClient(settings), now: UnixTime.now)
  }
}
