public import Logging
import NIOConcurrencyHelpers

/// A logger whose lines a test reads.
public final class RecordingLog: Sendable {
  /// One line.
  public struct Line: Sendable {
    /// Level of the line.
    public let level: Logger.Level
    /// Text of the line.
    public let message: String
    /// Metadata as text, for example `["user": ada]`.
    public let metadata: String
  }
  private let entries = NIOLockedValueBox<[Line]>([])

  /// Creates a recording log.
  public init() {}

  /// Takes every level.
  public var logger: Logger {
    var logger = Logger(label: "test") { [self] _ in Handler(log: self) }
    logger.logLevel = .trace
    return logger
  }

  /// Lines so far.
  public var lines: [Line] { entries.withLockedValue { $0 } }
  /// Texts of the lines so far.
  public var messages: [String] { lines.map(\.message) }
  /// Text of all lines.
  public var metadata: String { lines.map(\.metadata).joined() }
  /// Messages with their metadata.
  public func texts(_ level: Logger.Level) -> [String] { lines.filter { $0.level == level }.map { "\($0.message) \($0.metadata)" } }
  /// Lines with their metadata, as one text.
  public var all: String { lines.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") }

  private struct Handler: LogHandler {
    let log: RecordingLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.entries.withLockedValue {
        $0.append(Line(level: event.level, message: "\(event.message)", metadata: "\(event.metadata ?? [:])"))
      }
    }
  }
}
