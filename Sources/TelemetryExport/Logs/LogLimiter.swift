import Logging
import NIOConcurrencyHelpers
import VoiceCore

/// Keeps a fault that repeats from filling the log: of one warning or error, by its line of code, a few a minute are written, and the
/// next one after that says how many were not. Shared by all handlers of a process.
public final class LogLimiter: Sendable {
  private let gate: NIOLockedValueBox<RepeatGate>

  public init(linesPerWindow: Int = 20, window: Duration = .seconds(60)) {
    gate = NIOLockedValueBox(RepeatGate(window: window, burst: linesPerWindow))
  }

  /// How many lines like it were left out before; nil: leave this one out too.
  func passes(_ event: LogEvent, at now: UnixTime) -> Int? {
    guard event.level == .warning || event.level == .error else { return 0 }
    return gate.withLockedValue { $0.seen("\(event.file):\(event.line)", at: now) }
  }
}
