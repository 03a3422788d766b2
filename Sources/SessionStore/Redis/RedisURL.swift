public import VoiceCore

/// Address of Redis and its credentials: `redis://`, `redis+sentinel://`, `redis+cluster://`, each with `rediss` for TLS.
///
/// - `redis://USER:PASSWORD@HOST:PORT/DB`; what stands alone before `@` is the password
/// - `redis+sentinel://USER:PASSWORD@H1:PORT,H2,H3/MASTER/DB?sentinel_username=…&sentinel_password=…&sentinel_tls=false`
/// - `redis+cluster://USER:PASSWORD@H1:PORT,H2`
public struct RedisURL: Sendable, Hashable, CustomStringConvertible {
  /// Arrangement of the servers.
  public enum Topology: Sendable, Hashable {
    /// One server.
    case single
    /// Sentinels that know the master of this name.
    case sentinel(master: String)
    /// A cluster; the endpoints are some of its nodes.
    case cluster
  }

  /// User and password.
  public struct Credentials: Sendable, Hashable {
    /// Nil is Redis's `default`.
    public var user: String?
    /// Password; never printed.
    public var password: Secret

    /// Creates credentials.
    public init(user: String? = nil, password: Secret) {
      self.user = user
      self.password = password
    }
  }

  /// Fault of a URL. Holds no part of it, since a mistyped URL may have its password anywhere.
  public struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
  }

  /// Arrangement of the servers.
  public var topology: Topology
  /// True for `rediss://`.
  public var usesTLS: Bool
  /// One server; or sentinels, or some nodes of a cluster.
  public var endpoints: [RedisEndpoint]
  /// Login of the servers, if one is required.
  public var credentials: Credentials?
  /// Credentials of the sentinels; nil = those of the servers.
  public var sentinelCredentials: Credentials?
  /// True when sentinels use TLS; the default is that of the servers, unless `sentinel_tls` says otherwise.
  public var sentinelsUseTLS: Bool
  /// Number of the database; 0 in a cluster.
  public var database: Int

  /// Creates a Redis URL.
  public init(
    topology: Topology = .single, usesTLS: Bool = false, endpoints: [RedisEndpoint], credentials: Credentials? = nil,
    sentinelCredentials: Credentials? = nil, database: Int = 0
  ) {
    self.topology = topology
    self.usesTLS = usesTLS
    sentinelsUseTLS = usesTLS
    self.endpoints = endpoints
    self.credentials = credentials
    self.sentinelCredentials = sentinelCredentials
    self.database = database
  }

  /// The URL as given, with `***` for passwords.
  public var description: String {
    var text = usesTLS ? "rediss" : "redis"
    switch topology {
    case .single: break
    case .sentinel: text += "+sentinel"
    case .cluster: text += "+cluster"
    }
    text += "://"
    if let credentials { text += "\(credentials.user ?? ""):***@" }
    text += endpoints.map(\.description).joined(separator: ",")
    if case .sentinel(let master) = topology { text += "/\(master)" }
    if database != 0 || topology == .single { text += "/\(database)" }
    return text
  }
}
