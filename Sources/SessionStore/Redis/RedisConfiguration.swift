public import VoiceCore

/// Configuration of the Redis client.
public struct RedisConfiguration: Sendable {
  /// Retries of commands and of dialling.
  public struct Retry: Sendable, Equatable {
    /// Attempts of one command, the first included.
    public var maximumAttempts = 3
    /// Factor between delays. Full jitter: a delay is drawn between zero and its length.
    public var backoffFactor = 2.0
    /// Delay before the second attempt of a command.
    public var firstCommandDelay = Duration.milliseconds(20)
    /// Delay before the second dial.
    public var firstDialDelay = Duration.milliseconds(50)
    /// Longest delay.
    public var maximumDelay = Duration.seconds(5)
    /// Creates retries with their defaults.
    public init() {}
  }

  /// Bounds of what waits on one connection; more is refused at once.
  public struct Bounds: Sendable, Equatable {
    /// Commands that wait.
    public var commands = 10_000
    /// Bytes of the commands that wait.
    public var bytes = 64 << 20
    /// Bytes of one reply.
    public var replyBytes = 64 << 20
    /// Creates bounds.
    public init() {}
  }

  /// Servers, topology and credentials.
  public var url: RedisURL
  /// Timeout of one command with all its attempts. A connection that exceeds it is dropped, so that no late reply reaches another caller.
  public var commandTimeout = Duration.milliseconds(250)
  /// Time allowed from the dial to the end of the handshake, TLS included.
  public var connectTimeout = Duration.seconds(2)
  /// Retries of commands and of dialling.
  public var retry = Retry()
  /// Bounds of what waits.
  public var bounds = Bounds()
  /// `CLIENT SETNAME`.
  public var clientName = "voice-realtime"
  /// A PEM file of certificate authorities; nil for the system's.
  public var certificateAuthoritiesFile: String?
  /// PEM text of certificate authorities, trusted alone and in place of ``certificateAuthoritiesFile``.
  public var certificateAuthorities: String?

  /// Certificate that this side shows to the server; nil for none.
  public var clientCertificate: ClientCertificate?
  /// Most connections to one server, beside that of the subscription. There are no more than event loops.
  public var maximumConnections = 8

  /// Creates a Redis configuration.
  public init(url: RedisURL) { self.url = url }

  /// PEM text of a chain of certificates, and of the key of its first.
  public struct ClientCertificate: Sendable {
    /// PEM text of the certificates, the client's own first.
    public var chain: String
    /// PEM text of the private key.
    public var key: Secret

    /// Creates a client certificate.
    public init(chain: String, key: Secret) {
      self.chain = chain
      self.key = key
    }
  }
}
