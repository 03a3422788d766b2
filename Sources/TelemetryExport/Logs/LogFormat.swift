/// How log lines are written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// One JSON object a line.
  case json
  /// For people.
  case text
  /// For people at a terminal: levels in colour.
  case colouredText = "color"
}
