import Logging
import NIOConcurrencyHelpers

/// A logger whose lines the test reads.
final class RecordingLog: Sendable {
  private struct Handler: LogHandler {
    let lines: NIOLockedValueBox<[(message: String, metadata: String)]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.withLockedValue { $0.append(("\(event.message)", "\(event.metadata ?? [:])")) }
    }
  }

  private let lines = NIOLockedValueBox<[(message: String, metadata: String)]>([])

  var logger: Logger { Logger(label: "test") { [lines] _ in Handler(lines: lines) } }
  var messages: [String] { lines.withLockedValue { $0.map(\.message) } }
  var metadata: String { lines.withLockedValue { $0.map(\.metadata).joined() } }
}
