/// How to talk to Redis.
public struct RedisConfiguration: Sendable {
  /// For commands, and for dialling.
  public struct Retry: Sendable, Equatable {
    /// Of one command, the first included.
    public var maximumAttempts = 3
    /// What each delay is longer than the one before. Full jitter: a delay is drawn between nothing and its length.
    public var backoffFactor = 2.0
    public var firstCommandDelay = Duration.milliseconds(20)
    public var firstDialDelay = Duration.milliseconds(50)
    public var maximumDelay = Duration.seconds(5)
    public init() {}
  }

  /// What may wait on one connection; more is refused at once.
  public struct Bounds: Sendable, Equatable {
    public var commands = 10_000
    public var bytes = 64 << 20
    public var replyBytes = 64 << 20
    public init() {}
  }

  public var url: RedisURL
  /// Of one command with all its attempts. A connection that lets it pass is dropped, so that no late reply reaches another caller.
  public var commandTimeout = Duration.milliseconds(250)
  /// From the dial to the end of the greeting, TLS included.
  public var connectTimeout = Duration.seconds(2)
  public var retry = Retry()
  public var bounds = Bounds()
  /// `CLIENT SETNAME`.
  public var clientName = "voice-realtime"
  /// A PEM file of certificate authorities; nil for the system's.
  public var certificateAuthoritiesFile: String?
  /// PEM text of certificate authorities, trusted alone and in place of ``certificateAuthoritiesFile``.
  public var certificateAuthorities: String?

  public init(url: RedisURL) { self.url = url }
}
