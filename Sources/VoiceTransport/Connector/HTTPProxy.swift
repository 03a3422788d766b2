import Foundation
public import VoiceCore

/// An HTTP proxy that opens a tunnel to upstream by CONNECT (RFC 9110 section 9.3.6).
public struct HTTPProxy: Sendable, Hashable, CustomStringConvertible {
  /// True if the proxy itself is spoken to over TLS.
  let isSecure: Bool
  let host: String
  let port: Int
  /// Value of `Proxy-Authorization`.
  let authorization: Secret?
  private let password: Secret?

  /// Reads `http://USER:PASSWORD@HOST:PORT` or `https://…`, percent-encoded, as libcurl does: without a scheme it is `http`, without a port
  /// 1080, for `https` 443. Nil for anything else.
  public init?(_ url: SecretURL) {
    var rest = url.expose()[...]
    var scheme = "http"
    if let mark = rest.firstRange(of: "://") {
      scheme = rest[..<mark.lowerBound].lowercased()
      rest = rest[mark.upperBound...]
    }
    guard scheme == "http" || scheme == "https" else { return nil }
    rest =
      rest[..<(rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? rest.endIndex)]
    var credentials: String?
    var password: Secret?
    if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
      let parts = rest[..<at].utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        .map { PercentCoding.decoded($0, plusIsSpace: false) }
      credentials = parts[0] + ":" + (parts.count > 1 ? parts[1] : "")
      password = parts.count > 1 ? Secret(parts[1]) : nil
      rest = rest[rest.utf8.index(after: at)...]
    }
    guard let address = WebSocketURL((scheme == "https" ? "wss://" : "ws://") + rest) else { return nil }
    let namesPort = rest.last?.isNumber == true && rest.utf8.contains(UInt8(ascii: ":")) && !rest.hasSuffix("]")
    isSecure = address.isSecure
    host = address.host
    port = namesPort ? address.port : isSecure ? 443 : 1_080
    authorization = credentials.map { Secret("Basic " + Data($0.utf8).base64EncodedString()) }
    self.password = password
  }

  /// Everything of it that must not be read in a message.
  var secrets: [Secret] {
    [authorization.map { Secret(String($0.expose().dropFirst(6))) }, password].compactMap(\.self)
  }

  /// Text without user and password.
  public var description: String {
    "\(isSecure ? "https" : "http")://\(URLHost.bracketed(host)):\(port)"
  }
}
