/// Format of log lines.
public enum LogFormat: String, Sendable, CaseIterable {
  /// One JSON object a line.
  case json
  /// Text for people.
  case text
  /// Text for people at a terminal: levels in colour.
  case colouredText = "color"
}
