import VoiceCore

/// Names of deployments as Sentry takes them.
public enum SentryEnvironment {
  /// Limit of a name in UTF-8.
  private static let maxBytes = 64
  private static let restricted: Set<String> = ["none", ".", ".."]

  /// Returns true if Sentry takes the name: 1 to 64 bytes in UTF-8, not blank, without slashes, backslashes, line breaks and other controls,
  /// and neither `None` in any case, nor `.`, nor `..`. An event with another name has no environment.
  public static func isValid(_ name: String) -> Bool {
    let text = name.trimmed
    guard !text.isEmpty, name.utf8.count <= maxBytes, !restricted.contains(text.lowercased()) else { return false }
    return !name.unicodeScalars.contains { $0 == "/" || $0 == "\\" || LogText.isHidden($0) }
  }
}
