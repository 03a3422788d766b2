/// Takes what may hold a token out of text that somebody will read.
public enum Redaction {
  /// A path without its query and fragment.
  public static func path(_ path: String) -> String { String(path.prefix { $0 != "?" && $0 != "#" }) }

  /// A URL without user, password, query and fragment.
  public static func url(_ url: String) -> String {
    let bare = Self.path(url)
    guard let mark = bare.firstRange(of: "://") else { return bare }
    let rest = bare[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return bare }
    return String(bare[..<mark.upperBound] + rest[rest.index(after: at)...])
  }
}
