import VoiceCore

/// The parts of a `ws` or `wss` URL that a dial needs (RFC 6455 section 3).
struct WebSocketURL: Sendable, Equatable {
  var isSecure: Bool
  /// Host name or address; an IPv6 literal has no brackets.
  var host: String
  var port: Int
  /// Path and query; `/` if the URL has none.
  var target: String

  /// The value of `Host`: the port only where it is not the scheme's own.
  var authority: String {
    let name = URLHost.bracketed(host)
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// Refuses other schemes, user information, fragments, and every byte that has no place in a request line.
  init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    guard let colon = text.firstIndex(of: ":") else { return nil }
    switch text[..<colon].lowercased() {
    case "ws": isSecure = false
    case "wss": isSecure = true
    default: return nil
    }
    var rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//"), !rest.contains("#") else { return nil }
    rest = rest.dropFirst(2)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let path = rest[end...]
    target = path.hasPrefix("/") ? String(path) : "/" + path
    guard let (host, port) = Self.split(rest[..<end]) else { return nil }
    self.host = host
    self.port = port ?? (isSecure ? 443 : 80)
  }

  private static func split(_ authority: Substring) -> (String, Int?)? {
    guard !authority.contains("@") else { return nil }
    var host = authority
    var tail = authority[authority.endIndex...]
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<close]
      tail = authority[authority.index(after: close)...]
      guard host.utf8.contains(UInt8(ascii: ":")), host.utf8.allSatisfy("0123456789abcdefABCDEF:.".utf8.contains) else { return nil }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      tail = authority[colon...]
      guard !tail.dropFirst().contains(":") else { return nil }
    }
    guard !host.isEmpty, !host.utf8.contains(where: "[]\\\"<>^`{|}".utf8.contains) else { return nil }
    if tail.isEmpty { return (String(host), nil) }
    guard tail.hasPrefix(":") else { return nil }
    let digits = tail.dropFirst()
    if digits.isEmpty { return (String(host), nil) }
    guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = Int(digits), (1...65_535).contains(port) else { return nil }
    return (String(host), port)
  }
}
