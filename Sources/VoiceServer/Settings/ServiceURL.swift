import VoiceGateway

/// Judges the URLs of settings by their shape: scheme, `://`, host, perhaps port, path and query, and a user only where that is said.
enum ServiceURL {
  /// A list of hosts, as for Redis Cluster, is taken too when `schemes` says so by a `+`.
  static func isValid(_ text: String, schemes: [String], allowsUser: Bool = false) -> Bool {
    guard let separator = text.firstRange(of: "://"), schemes.contains(text[..<separator.lowerBound].lowercased()) else { return false }
    let rest = text[separator.upperBound...]
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
    // A fragment is never sent; in a password it would have to be encoded.
    guard !rest.utf8.contains(UInt8(ascii: "#")) else { return false }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard allowsUser || !authority.utf8.contains(UInt8(ascii: "@")) else { return false }
    let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    let allowsList = text[..<separator.lowerBound].contains("+")
    let list = hosts.split(separator: ",", omittingEmptySubsequences: false)
    return (allowsList || list.count == 1) && list.allSatisfy(isHostAndPort)
  }

  /// Authority: the text between `://` and the path.
  static func authority(of url: String) -> String {
    guard let mark = url.firstRange(of: "://") else { return "" }
    return String(url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" })
  }

  static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func isHostAndPort(_ text: Substring) -> Bool {
    let afterHost: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]"), AddressBlock(String(text[text.index(after: text.startIndex)..<end])) != nil else {
        return false
      }
      afterHost = text[text.index(after: end)...]
    } else {
      let host = text.prefix { $0 != ":" }
      guard !host.isEmpty, host.utf8.allSatisfy(isHostByte) else { return false }
      afterHost = text[host.endIndex...]
    }
    guard !afterHost.isEmpty else { return true }
    guard afterHost.hasPrefix(":"), let port = StrictNumber.integer(String(afterHost.dropFirst())) else { return false }
    return (1...65_535).contains(port)
  }
}
