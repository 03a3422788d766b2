import VoiceCore

/// Address of a server.
public struct RedisEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address, IPv6 without brackets.
  public var host: String
  /// TCP port.
  public var port: Int

  /// Creates a Redis endpoint.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  public var description: String { "\(URLHost.bracketed(host)):\(port)" }
}
