public import Logging
public import NIOCore
public import RateLimiting
public import ServiceLifecycle
public import VoiceCore

/// All that is kept in one Redis, composed: with memory behind it, one judge of whether Redis is unavailable, and what has to run.
public struct RedisStorage: Sendable {
  /// The limits that are kept there. `0` means none.
  public struct Limits: Sendable {
    /// Sessions that a user may start in one window.
    public var sessionsPerWindow: Int
    /// Length of the sliding window.
    public var window: Duration
    /// Sessions that a user may run at once.
    public var concurrentSessions: Int
    /// Time that a stored session is kept.
    public var sessionTimeToLive: Duration
    /// Daily limit of a user in millionths of a US dollar; nil = none.
    public var spendPerDay: Int64?

    /// Creates limits.
    public init(
      sessionsPerWindow: Int, window: Duration, concurrentSessions: Int, sessionTimeToLive: Duration, spendPerDay: Int64? = nil
    ) {
      self.sessionsPerWindow = sessionsPerWindow
      self.window = window
      self.concurrentSessions = concurrentSessions
      self.sessionTimeToLive = sessionTimeToLive
      self.spendPerDay = spendPerDay
    }
  }

  /// Client that all parts share.
  public let client: RedisClient
  /// Decision between Redis and memory, shared by all parts.
  public let fallback: Fallback
  /// Stored sessions.
  public let store: any SessionStore
  /// Sliding windows.
  public let limiter: any RateLimiter
  /// Leases of concurrent sessions.
  public let leases: any SessionLeases
  /// Tickets and client secrets.
  public let tickets: any TicketStore
  /// Spend ledger; nil = unlimited.
  public let spending: (any SpendLimiter)?
  /// Messages between instances.
  public let bus: any SessionBus
  /// State of Redis.
  public let health: RedisHealth
  /// Tries what is needed of Redis, with all its rights.
  public let probe: RedisProbe
  /// Services to run for as long as the rest is used.
  public let services: [any Service]

  /// - Parameter prefix: of every key.
  /// - Parameter configuration: settings.
  /// - Parameter limits: bounds.
  /// - Parameter group: event loops that connections run on.
  /// - Parameter logger: destination of log lines.
  /// - Parameter now: the time of day.
  /// - Parameter steady: clock of what memory keeps in place of Redis.
  /// - Throws: where the certificates cannot be read.
  public init(
    _ configuration: RedisConfiguration, prefix: String = "voice:", limits: Limits, group: any EventLoopGroup, logger: Logger,
    now: @escaping @Sendable () -> UnixTime, steady: @escaping @Sendable () -> UnixTime = SteadyClock.now
  ) throws {
    let client = try RedisClient(configuration, group: group, logger: logger)
    let probe = RedisProbe(client, prefix: prefix, limits: limits)
    // Some calls are two commands, each of which has its own time.
    let fallback = Fallback(
      name: "\(configuration.url)", operationTimeout: configuration.commandTimeout * 2, logger: logger,
      runOfRedis: { try await client.run(within: configuration.commandTimeout * 2) }, lostConnections: { client.lostConnections },
      probe: { try await probe.run() })
    self.client = client
    self.probe = probe
    self.fallback = fallback
    store = FallbackSessionStore(
      primary: RedisSessionStore(client, prefix: prefix, timeToLive: limits.sessionTimeToLive),
      memory: MemorySessionStore(timeToLive: limits.sessionTimeToLive, now: steady), fallback: fallback)
    limiter = FallbackRateLimiter(
      primary: RedisRateLimiter(client, prefix: prefix, limit: limits.sessionsPerWindow, window: limits.window),
      memory: MemoryRateLimiter(limit: limits.sessionsPerWindow, window: limits.window, now: steady), fallback: fallback)
    leases = FallbackSessionLeases(
      primary: RedisSessionLeases(client, prefix: prefix, limit: limits.concurrentSessions),
      memory: MemorySessionLeases(limit: limits.concurrentSessions, now: steady), fallback: fallback)
    tickets = FallbackTicketStore(
      primary: RedisTicketStore(client, prefix: prefix), memory: MemoryTicketStore(now: steady), fallback: fallback)
    spending = limits.spendPerDay.map { limit in
      FallbackSpendLimiter(
        primary: RedisSpendLimiter(client, prefix: prefix, limit: limit), memory: MemorySpendLimiter(limit: limit, now: now),
        fallback: fallback)
    }
    let notices = RedisSessionBus(client, prefix: prefix, logger: logger)
    bus = FallbackSessionBus(primary: notices, fallback: fallback)
    health = RedisHealth(client, fallback: fallback, bus: notices, now: now)
    services = [client, fallback, notices]
  }
}
