public import Logging
public import VoiceCore

/// Writes each log line as one JSON object, or as one line of text for people.
///
/// A line goes to the sink whole. Values are written as they are given: a `Secret` prints as `***`.
public struct LineLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level
  private let label: String
  private let format: LogFormat
  private let limiter: LogRateLimiter?
  private let now: @Sendable () -> UnixTime
  private let sink: @Sendable (String) -> Void

  /// `sink` gets each line with its line feed; it is called from any thread.
  public init(
    label: String, format: LogFormat, level: Logger.Level, limiter: LogRateLimiter? = nil, metadataProvider: Logger.MetadataProvider? = nil,
    now: @escaping @Sendable () -> UnixTime, sink: @escaping @Sendable (String) -> Void
  ) {
    self.label = label
    self.format = format
    self.limiter = limiter
    self.metadataProvider = metadataProvider
    self.now = now
    self.sink = sink
    logLevel = level
    limiter?.write { message, count in
      sink(
        Self.line(
          format, time: ISO8601.text(now()), .warning, label: label, "\(count) more were left out: \(message)",
          ["left_out": .stringConvertible(count)]))
    }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let moment = now()
    guard let leftOut = limiter.map({ $0.passes(event, at: moment) }) ?? 0 else { return }
    var all = metadata
    if leftOut > 0 { all["left_out"] = .stringConvertible(leftOut) }
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let given = event.metadata { all.merge(given) { _, new in new } }
    sink(Self.line(format, time: ISO8601.text(moment), event.level, label: label, event.message.description, all))
  }

  private static func line(
    _ format: LogFormat, time: String, _ level: Logger.Level, label: String, _ message: String, _ metadata: Logger.Metadata
  ) -> String {
    switch format {
    case .json: jsonLine(time: time, level, label: label, message, metadata)
    case .text, .colouredText: textLine(format, time: time, level, message, metadata)
    }
  }

  private static func jsonLine(time: String, _ level: Logger.Level, label: String, _ message: String, _ metadata: Logger.Metadata) -> String
  {
    var line = JSONLine()
    line.add("time", time)
    line.add("level", level.rawValue)
    line.add("label", label)
    line.add("message", message)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      // A member twice is no JSON that one can rely on: the line's own names win.
      line.add(["time", "level", "label", "message"].contains(key) ? "_" + key : key, value)
    }
    return line.finish()
  }

  private static func textLine(
    _ format: LogFormat, time: String, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata
  ) -> String {
    let (dim, plain) = format == .colouredText ? ("\u{1B}[2m", "\u{1B}[0m") : ("", "")
    var line = "\(dim)\(time)\(plain) \(colour(format, level))\(level.rawValue.uppercased())\(plain) \(LogText.line(message))"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      line += " \(dim)\(LogText.line(key))=\(plain)\(LogText.value(value.description))"
    }
    return line + "\n"
  }

  /// Returns the ECMA-48 colour of a level: red, yellow, green, and grey for developers' levels.
  private static func colour(_ format: LogFormat, _ level: Logger.Level) -> String {
    guard format == .colouredText else { return "" }
    return switch level {
    case .critical, .error: "\u{1B}[31m"
    case .warning: "\u{1B}[33m"
    case .notice, .info: "\u{1B}[32m"
    case .debug, .trace: "\u{1B}[90m"
    }
  }
}
