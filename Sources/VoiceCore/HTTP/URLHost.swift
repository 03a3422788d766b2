/// Hosts as a URL's authority has them (RFC 3986 section 3.2.2).
package enum URLHost {
  /// An IPv6 address in brackets; any other host, and one that has brackets, as it is.
  package static func bracketed(_ host: String) -> String {
    host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[") ? "[\(host)]" : host
  }

  /// True if an authority, with a port or without, names this machine itself: `localhost`, `127.0.0.0/8` or `[::1]`.
  package static func isLoopback(_ authority: String) -> Bool {
    let name = authority.hasPrefix("[") ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    if name.lowercased() == "localhost" || name == "::1" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
