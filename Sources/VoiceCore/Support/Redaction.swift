/// Takes what must not be read out of text that people will read. The one place for it: logs, errors, health and start lines.
public enum Redaction {
  /// A path without its query and fragment.
  public static func path(_ path: String) -> String {
    String(path[..<(path.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? path.endIndex)])
  }

  /// A URL without user, password, query and fragment. Takes a list of hosts between `//` and `/` too.
  public static func url(_ url: String) -> String {
    let bare = Self.path(url)
    guard let mark = bare.firstRange(of: "://") else { return bare.utf8.contains(UInt8(ascii: "@")) ? "***" : bare }
    let rest = bare[mark.upperBound...]
    let end = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
    // A password may hold a slash that was not encoded: whatever stands before the last @ is not shown.
    let last = rest.utf8.lastIndex(of: UInt8(ascii: "@"))
    guard let at = last, at < end || rest[..<at].utf8.contains(UInt8(ascii: ":")) else { return bare }
    return String(bare[..<mark.upperBound] + rest[rest.utf8.index(after: at)...])
  }
}
