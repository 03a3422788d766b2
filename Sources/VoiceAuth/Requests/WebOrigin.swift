/// Scheme, host and port of a web page (RFC 6454 section 4).
struct WebOrigin: Equatable {
  var scheme: String
  /// Host in lower case; an IPv6 address in brackets.
  var host: String
  var port: Int

  /// Takes `scheme://host` and `scheme://host:port` and nothing more; `null` is no origin.
  init?(_ text: String) {
    guard let mark = text.firstRange(of: "://") else { return nil }
    scheme = text[..<mark.lowerBound].lowercased()
    guard let standard = Self.standardPort(of: scheme), let parts = Self.split(text[mark.upperBound...]) else { return nil }
    host = parts.host
    port = parts.port ?? standard
  }

  /// Compares a request's `Host` (RFC 9110 section 7.2) with this origin. Behind a proxy that ends TLS the scheme is not known
  /// here, so a missing port is the standard one of the page's scheme.
  func hasHost(_ authority: String) -> Bool {
    guard let parts = Self.split(authority[...]) else { return false }
    return parts.host == host && (parts.port ?? Self.standardPort(of: scheme)) == port
  }

  private static func standardPort(of scheme: String) -> Int? {
    switch scheme {
    case "https": 443
    case "http": 80
    default: nil
    }
  }

  private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
    let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map(authority.index(after:)) : authority.firstIndex(of: ":")
    let host = authority[..<(end ?? authority.endIndex)].lowercased()
    let rest = authority[(end ?? authority.endIndex)...]
    guard !host.isEmpty, host.utf8.allSatisfy(isHostByte) else { return nil }
    if rest.isEmpty { return (host, nil) }
    let digits = rest.dropFirst()
    guard rest.hasPrefix(":"), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), port < 65_536 else {
      return nil
    }
    return (host, port)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"): true
    default: false
    }
  }
}
