public import Logging

/// Gives log lines to Sentry: those of level error and above become events, those below breadcrumbs.
///
/// Put it beside the handler that writes lines, in a `MultiplexLogHandler`.
public struct SentryLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level
  private let label: String
  private let client: SentryClient

  /// Creates a Sentry log handler.
  public init(label: String, client: SentryClient, level: Logger.Level = .info, metadataProvider: Logger.MetadataProvider? = nil) {
    self.label = label
    self.client = client
    self.metadataProvider = metadataProvider
    logLevel = level
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let given = event.metadata { all.merge(given) { _, new in new } }
    client.captured(event, metadata: all, label: label)
  }
}
