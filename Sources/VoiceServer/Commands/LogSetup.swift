import Foundation
import Logging
import SystemPackage
import VoiceCore
import VoiceTelemetry

/// Log lines go to standard error, as JSON when that is no terminal.
enum LogSetup {
  /// Call once, at the start of the process.
  static func bootstrap(_ settings: Settings.Log) -> Logger {
    let format = settings.format ?? (isatty(STDERR_FILENO) == 1 ? .text : .json)
    LoggingSystem.bootstrap { label in
      LineLogHandler(
        label: label, format: format, level: settings.level, now: WallClock.now, sink: { Console.write($0, to: .standardError) })
    }
    return Logger(label: "voice")
  }
}

/// The time of day, for those who are given it as a parameter.
enum WallClock {
  @Sendable static func now() -> UnixTime { UnixTime(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded())) }
}
