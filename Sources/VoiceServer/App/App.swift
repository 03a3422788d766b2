import DocumentIndex
import Foundation
import Logging
import NIOCore
import NIOPosix
import RateLimiting
import ServiceLifecycle
import SessionStore
import TelemetryExport
import UnixSignals
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// The composition root: what the settings say becomes what runs.
struct App: Sendable {
  let settings: Settings
  let logger: Logger
  /// Client for errors and traces; nil = off.
  var sentry: SentryClient?
  /// Metrics beside the stats; the command bootstraps swift-metrics with it.
  var registry = MetricRegistry(help: StoreInstruments.help.merging(WarmUpstream.help) { first, _ in first })
  /// Served in `demo`, and in `run` where the settings say so.
  var servesDemoPage = false
  /// True where the built-in simulator answers in place of a model.
  var isSimulated = false
  /// Run beside the server, and stopped when it is.
  var companions: [any Service] = []
  /// Indexed where the settings name no source of context.
  var documents: DocumentSource?
  /// systemd, where it started this process.
  let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
  /// Called with the port once the server listens.
  var listening: @Sendable (Int) async -> Void = { _ in }

  /// Services in the order in which they start; stopped in reverse order, each when the one before has ended.
  struct Assembly: Sendable {
    var services: [any Service]
    var drainDelay: DrainDelay
  }

  /// Serves until SIGTERM or SIGINT, then drains. Throws ``SettingsError`` for what only shows when things are put together.
  func run() async throws {
    let descriptors = FileDescriptorLimit.raise()
    if let warning = FileDescriptorLimit.warning(limit: descriptors, connections: settings.limits.connections) {
      logger.warning("\(warning)")
    }
    let assembly = try assemble()
    var configuration = ServiceGroupConfiguration(services: assembly.services.map { .init(service: $0) }, logger: quiet)
    configuration.maximumGracefulShutdownDuration = settings.http.drainTimeout + settings.http.drainDelay + .seconds(15)
    try await SignalWatch(logger: logger).run(
      ServiceGroup(configuration: configuration),
      draining: { signal in
        // Who stops it by hand does not wait.
        assembly.drainDelay.begin(signal == .sigint ? .zero : settings.http.drainDelay)
        manager.report(.stopping)
      })
  }

  func assemble() throws -> Assembly {
    let instruments = StoreInstruments(registry)
    let flags = FlagsFile(settings.admission, logger: logger)
    let group = MultiThreadedEventLoopGroup.singleton
    let telemetry = try TelemetryServices(settings, registry: registry, sentry: sentry, group: group, logger: logger)
    let storage = try StoreServices(settings, group: group, logger: logger)
    let cluster = ClusterStats(
      storage.redis, prefix: settings.redis.prefix, stats: telemetry.stats, totals: telemetry.totals, logger: logger)
    let tls = try TLSCertificate(settings.http, logger: logger)
    let client = try UpstreamClients.httpClient(settings)
    let tokens = try VerifierServices(settings.auth, client: client, logger: logger)
    let retrieval = try RetrieverServices(settings, client: UpstreamClients.retrievalClient(settings), documents: documents, logger: logger)
    let tools = try settings.files.tools.map {
      HTTPToolProvider(try ToolsFile.read($0, environment: ProcessInfo.processInfo.environment), client: client)
    }
    let warm = try UpstreamClients.warmConnector(settings, group: group, metrics: registry)
    var dependencies = GatewayDependencies(
      verifier: tokens.verifier, connector: try warm.map { FailoverConnector($0) } ?? UpstreamClients.connector(settings),
      observer: telemetry.observer, wallClock: UnixTime.now,
      logger: logger)
    dependencies.store = InstrumentedSessionStore(store: storage.store, instruments: instruments)
    dependencies.limiter = InstrumentedRateLimiter(limiter: storage.limiter, instruments: instruments)
    dependencies.leases = InstrumentedSessionLeases(leases: storage.leases, instruments: instruments)
    dependencies.spending = storage.spending
    dependencies.bus = storage.bus
    dependencies.tickets = storage.tickets
    dependencies.redisHealth = storage.redis?.health.report
    dependencies.retriever = retrieval.retriever
    dependencies.retrievalSource = retrieval.source
    dependencies.isDegraded = { retrieval.isDegraded() || tokens.keySet?.isUsable == false }
    dependencies.stats = cluster.report
    dependencies.metrics = { accept in
      let format = PrometheusFormat(accept: accept)
      return (PrometheusText.render(telemetry.metrics(), as: format), format.contentType)
    }
    let pseudonyms = TelemetryServices.pseudonyms(settings)
    dependencies.pseudonym = { pseudonyms.pseudonym(of: $0).description }
    dependencies.tools = tools
    dependencies.admission = { flags.admission }
    let gateway = try Self.gateway(settings, dependencies)
    let proxies = try UpstreamClients.proxies(settings)
    let feed = DashboardFeed(
      isDraining: { gateway.phase == .draining },
      frame: { after in
        let view = telemetry.timeline.view(after: after)
        return DashboardFrame(
          settings, now: UnixTime.now(), stats: await cluster.report(.cluster), health: await gateway.health(), flags: flags.flags,
          points: view.points, turns: view.turns, days: await cluster.days())
      })
    let pages = PageRoutes(servesDemoPage: servesDemoPage || settings.http.servesDemoPage, isSimulated: isSimulated)
    let routes = gateway.routeTable(adding: DashboardRoutes(feed: feed).routes + pages.routes)
    let drainDelay = DrainDelay()
    let server = HTTPServer(
      settings: settings.http, routes: routes, limits: settings.limits, tls: tls, group: group,
      isWebSocketPath: VoiceGateway.isWebSocketPath, decide: gateway.decide,
      listening: { port in
        for warning in StartupSummary.warnings(settings) { logger.warning("\(warning)") }
        for decision in StartupSummary.lines(settings, flags: flags.flags, proxies: proxies) { logger.notice("\(decision)") }
        if let tools { logger.notice("tools: \(tools.tools.map(\.name).joined(separator: ", "))") }
        logger.notice("listening on \(settings.http.url(port: port))")
        manager.report(.ready)
        await listening(port)
      }, logger: logger)
    var services: [any Service] =
      telemetry.services + companions + storage.services + [cluster] + tokens.services + retrieval.services + [
        flags, MemoryReturn(logger: logger),
      ]
    if let tls { services.append(tls) }
    if let warm { services.append(WarmUpstream(connector: warm)) }
    // The gateway drains first, while everything else still works and `/readyz` can say so; the listener stays until balancers know.
    return Assembly(services: services + [server, drainDelay, gateway], drainDelay: drainDelay)
  }

  private static func gateway(_ settings: Settings, _ dependencies: GatewayDependencies) throws -> VoiceGateway {
    do { return try VoiceGateway(settings.gateway, dependencies) } catch {
      throw SettingsError(["VOICE_ALLOWED_ORIGINS: \(error.message)"])
    }
  }

  /// The service group's own lines are for those who debug it.
  private var quiet: Logger {
    var copy = logger
    copy.logLevel = logger.logLevel <= .debug ? logger.logLevel : .error
    return copy
  }
}
