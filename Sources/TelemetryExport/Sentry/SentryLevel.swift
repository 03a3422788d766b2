public import Logging

/// Severity, in Sentry's words.
public enum SentryLevel: String, Sendable {
  case debug, info, warning, error, fatal

  public init(_ level: Logger.Level) {
    switch level {
    case .trace, .debug: self = .debug
    case .info, .notice: self = .info
    case .warning: self = .warning
    case .error: self = .error
    case .critical: self = .fatal
    }
  }
}
