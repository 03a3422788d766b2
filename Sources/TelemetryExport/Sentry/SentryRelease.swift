import VoiceCore

/// Names of releases as Sentry takes them.
enum SentryRelease {
  /// Limit of a name in UTF-8.
  private static let maxBytes = 200
  private static let restricted: Set<String> = ["", ".", "..", "latest"]

  /// The name with `-` in place of slashes, line feeds and other controls, cut to what Sentry takes; `unknown` where nothing of it may stand.
  static func name(_ text: String) -> String {
    let clean = String(
      String.UnicodeScalarView(text.trimmed.unicodeScalars.map { $0 == "/" || $0 == "\\" || LogText.isHidden($0) ? "-" : $0 }))
    let name = clean.cut(toBytes: maxBytes).trimmed
    return restricted.contains(name.lowercased()) ? "unknown" : String(name)
  }
}
