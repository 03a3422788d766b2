import ArgumentParser
import Logging
import Metrics
import NIOCore
import VoiceCore

/// `voice-server run`: serves.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Serve, with settings from the environment, a file and flags.", discussion: SettingFlags.help)

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let outcome = try await options.load()
    outcome.settings.http.chooseEventLoops()
    let sentry = try Failure.judged { try TelemetryServices.sentry(outcome.settings) }
    let (logger, limiter) = LogSetup.bootstrap(outcome.settings.log, sentry: sentry)
    for warning in outcome.warnings { logger.warning("\(warning)") }
    let app = App(settings: outcome.settings, logger: logger, sentry: sentry, companions: [limiter])
    MetricsSystem.bootstrap(app.registry)
    try await app.serve()
  }
}

extension App {
  /// Runs, and ends the process with one line where that fails: 78 for a setting, 1 for a port in use.
  func serve() async throws {
    do { try await run() } catch let error as SettingsError {
      throw Failure.settings(error)
    } catch let error as IOError {
      throw Failure.cannotListen(settings.http.host, settings.http.port, error)
    } catch is SocketAddressError.UnknownHost {
      throw Failure.cannotListen(settings.http.host, settings.http.port)
    }
  }
}

extension Settings.HTTP {
  /// Sets the size of the process's one group of event loops. To be called before anything uses it.
  func chooseEventLoops() {
    NIOSingletons.groupLoopCountSuggestion = eventLoops ?? min(System.coreCount, Affinity.cores ?? .max)
  }

  func url(port: Int) -> String {
    let scheme = tlsCertificateFile == nil ? "http" : "https"
    return "\(scheme)://\(URLHost.bracketed(host)):\(port)"
  }
}
