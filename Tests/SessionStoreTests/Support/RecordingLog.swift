import Logging
import NIOConcurrencyHelpers

/// Keeps what was logged.
final class RecordingLog: Sendable {
  private let entries = NIOLockedValueBox<[(level: Logger.Level, text: String)]>([])

  var logger: Logger {
    var logger = Logger(label: "test") { [self] _ in Handler(log: self) }
    logger.logLevel = .trace
    return logger
  }

  func texts(_ level: Logger.Level) -> [String] { entries.withLockedValue { $0.filter { $0.level == level }.map(\.text) } }
  var all: String { entries.withLockedValue { $0.map(\.text).joined(separator: "\n") } }

  private struct Handler: LogHandler {
    let log: RecordingLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.entries.withLockedValue { $0.append((event.level, "\(event.message) \(event.metadata ?? [:])")) }
    }
  }
}
