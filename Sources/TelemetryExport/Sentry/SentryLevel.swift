public import Logging

/// Severity, in Sentry's words.
public enum SentryLevel: String, Sendable {
  /// Detail for developers.
  case debug
  /// Normal operation.
  case info
  /// Something that may need attention.
  case warning
  /// A failure.
  case error
  /// A failure that ends the process.
  case fatal

  /// Creates a Sentry level.
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
