import Foundation
public import VoiceCore

/// Choice of a proxy for a dial, by the rules that `https_proxy`, `http_proxy` and `no_proxy` have in libcurl.
public struct ProxyRules: Sendable, Equatable {
  /// Proxy of `wss` URLs.
  public var secure: HTTPProxy?
  /// Proxy of `ws` URLs.
  public var plain: HTTPProxy?
  private let exceptions: [String]

  /// - Parameters:
  ///   - secure: proxy of `wss` URLs.
  ///   - plain: proxy of `ws` URLs.
  ///   - exceptions: hosts that are dialled directly, with commas or blanks between them: a name stands for its subdomains too, an address
  ///     may be a CIDR block, `*` is every host. This machine itself always is.
  public init(secure: HTTPProxy? = nil, plain: HTTPProxy? = nil, exceptions: String = "") {
    self.secure = secure
    self.plain = plain
    self.exceptions = exceptions.split { $0 == "," || $0.isWhitespace }.map { $0.lowercased() }
  }

  func proxy(for url: WebSocketURL) -> HTTPProxy? { isDirect(url.host) ? nil : url.isSecure ? secure : plain }

  /// Proxy of a dial; nil for a direct one.
  public func proxy(for url: SecretURL) -> HTTPProxy? { WebSocketURL(url.expose()).flatMap(proxy(for:)) }

  /// Returns true for a host that no proxy is asked for.
  package func isDirect(_ host: String) -> Bool {
    var name = host.lowercased()[...]
    if name.hasSuffix(".") { name = name.dropLast() }
    if let bytes = Self.bytes(String(name)) {
      if bytes == [UInt8](repeating: 0, count: 15) + [1] || bytes.count == 4 && bytes[0] == 127 { return true }
      return exceptions.contains { $0 == "*" || Self.block($0, contains: bytes) }
    }
    if name == "localhost" || name.hasSuffix(".localhost") { return true }
    return exceptions.contains { exception in
      if exception == "*" { return true }
      let suffix = exception.hasPrefix(".") ? exception.dropFirst() : exception[...]
      return !suffix.isEmpty && (name == suffix || name.hasSuffix("." + suffix))
    }
  }

  private static func block(_ text: String, contains address: [UInt8]) -> Bool {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard let base = parts.first.flatMap({ bytes($0.trimmingCharacters(in: ["[", "]"])) }), base.count == address.count else {
      return false
    }
    guard parts.count == 2 else { return base == address }
    guard let bits = Int(parts[1]), (0...address.count * 8).contains(bits) else { return false }
    return (0..<bits).allSatisfy { bit in
      let difference: UInt8 = base[bit / 8] ^ address[bit / 8]
      return difference & (0x80 >> UInt8(bit % 8)) == 0
    }
  }

  /// Bytes of an IP address; nil for a name.
  private static func bytes(_ text: String) -> [UInt8]? {
    var v4 = [UInt8](repeating: 0, count: 4)
    if inet_pton(AF_INET, text, &v4) == 1 { return v4 }
    var v6 = [UInt8](repeating: 0, count: 16)
    return inet_pton(AF_INET6, text, &v6) == 1 ? v6 : nil
  }
}
