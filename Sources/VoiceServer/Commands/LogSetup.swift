import Foundation
import Logging
import SystemPackage
import TelemetryExport
import VoiceCore

/// Log lines go to standard error, as JSON when that is no terminal.
enum LogSetup {
  /// Call once, at the start of the process. The limiter is a service, to be run beside the server.
  static func bootstrap(_ settings: Settings.Log, sentry: SentryClient? = nil) -> (logger: Logger, limiter: LogRateLimiter) {
    let format = format(settings, isTerminal: isatty(STDERR_FILENO) == 1)
    let limiter = LogRateLimiter(now: UnixTime.now)
    LoggingSystem.bootstrap { label in
      let lines = LineLogHandler(
        label: label, format: format, level: settings.level, limiter: limiter, now: UnixTime.now,
        sink: { Console.write($0, to: .standardError) })
      guard let sentry else { return lines }
      return MultiplexLogHandler([lines, SentryLogHandler(label: label, client: sentry)])
    }
    return (Logger(label: "voice"), limiter)
  }

  /// Colours are for terminals, and for those who do not mind them (no-color.org).
  private static func format(_ settings: Settings.Log, isTerminal: Bool) -> LogFormat {
    guard isTerminal else { return settings.format ?? .json }
    let chosen = settings.format ?? .text
    return chosen == .text && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty ? .colouredText : chosen
  }
}
