import ArgumentParser
import Logging
import Metrics
import NIOPosix
import ServiceLifecycle
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceSimulator

/// `voice-server demo`: needs nothing, and prints a URL where a person can talk or type.
///
/// Everything stays in memory. Upstream is the simulator, or OpenAI where there is a key.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Serve a page to talk or type at, with a simulated upstream; needs nothing.",
    discussion: "Takes the settings of `run` too. With OPENAI_API_KEY it uses OpenAI.")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let secret = Self.randomSecret()
    let outcome = try await options.load { source in
      if source.environment["JWT_SECRET"] == nil, source.flags["JWT_SECRET"] == nil { source.flags["JWT_SECRET"] = secret }
    }
    var settings = Self.adjusted(outcome)
    let sentry = try Failure.judged { [settings] in try TelemetryServices.sentry(settings) }
    let (logger, limiter) = LogSetup.bootstrap(settings.log, sentry: sentry)
    for warning in outcome.warnings { logger.warning("\(warning)") }
    settings.http.chooseEventLoops()
    let group = MultiThreadedEventLoopGroup.singleton
    if !outcome.given.contains("PORT") {
      settings.http.port = await PortProbe.firstFree(8_080..<8_180, host: settings.http.host, group: group) ?? 0
    }
    var companions: [any Service] = [limiter]
    if settings.upstream.apiKeys.isEmpty, !outcome.given.contains("OPENAI_REALTIME_URL") {
      let simulator = try await SimulatorServer.bind(group: group, wallClock: { UnixTime.now().milliseconds / 1_000 })
      settings.upstream.urls = [SecretURL(simulator.url)]
      // As OpenAI, it wants some key.
      settings.upstream.apiKeys = [Secret("simulator")]
      companions.append(simulator)
    }
    let token = try Self.token(settings)
    let http = settings.http
    let app = App(
      settings: settings, logger: logger, sentry: sentry, servesDemoPage: true, isSimulated: !companions.isEmpty, companions: companions,
      documents: DemoDocuments.source,
      listening: { port in Console.print("Ready: \(http.url(port: port))/?token=\(token.expose())") })
    MetricsSystem.bootstrap(app.registry)
    try await app.serve()
  }

  /// Settings of a demo, unless they were given.
  private static func adjusted(_ outcome: SettingsLoader.Outcome) -> Settings {
    var settings = outcome.settings
    settings.admission.enabled = true
    settings.redis.enabled = false
    if !outcome.given.contains("VOICE_ADMIN_LOOPBACK") { settings.http.adminLoopback = true }
    if !outcome.given.contains("LOG_LEVEL") { settings.log.level = .warning }
    if !outcome.given.contains("VOICE_MAX_SESSIONS_PER_HOUR") { settings.limits.sessionsPerWindow = 100 }
    if !outcome.given.contains("VOICE_MAX_CONCURRENT_SESSIONS") { settings.limits.concurrentSessions = 10 }
    return settings
  }

  private static func token(_ settings: Settings) throws -> Secret {
    guard let secret = settings.auth.secret else { preconditionFailure("a demo has a secret") }
    return try TokenMinter(secret: secret, configuration: settings.auth.verification)
      .mint(user: "demo", plan: settings.admission.allowedPlans.first ?? "demo", lifetime: .seconds(86_400), now: UnixTime.now())
  }

  private static func randomSecret() -> String {
    var generator = SystemRandomNumberGenerator()
    return generator.hexadecimal(words: 4)
  }
}
