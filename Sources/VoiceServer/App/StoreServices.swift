import Logging
import NIOCore
import RateLimiting
import ServiceLifecycle
import SessionStore
import VoiceCore
import VoiceGateway

/// Stores of sessions, limits and leases: in Redis with memory as fallback, or in memory.
struct StoreServices: Sendable {
  let store: any SessionStore
  let limiter: any RateLimiter
  let leases: any SessionLeases
  let tickets: any TicketStore
  /// Spend limiter; nil = unlimited.
  let spending: (any SpendLimiter)?
  /// Carries word of sessions to all instances.
  let bus: any SessionBus
  let services: [any Service]
  /// Redis; nil = memory.
  let redis: RedisStorage?

  /// Throws ``SettingsError``.
  init(_ settings: Settings, group: any EventLoopGroup, logger: Logger) throws {
    let now = UnixTime.now
    let limits = settings.limits
    guard settings.redis.isEnabled, let url = settings.redis.url else {
      store = MemorySessionStore(timeToLive: settings.session.storedFor, now: SteadyClock.now)
      limiter = MemoryRateLimiter(limit: limits.sessionsPerWindow, window: limits.window, now: SteadyClock.now)
      leases = MemorySessionLeases(limit: limits.concurrentSessions, now: SteadyClock.now)
      tickets = MemoryTicketStore(now: SteadyClock.now)
      spending = limits.microdollarsPerDay.map { MemorySpendLimiter(limit: $0, now: now) }
      bus = MemorySessionBus()
      services = []
      redis = nil
      return
    }
    let redis = try Self.redis(settings, url, group: group, logger: logger)
    self.redis = redis
    store = redis.store
    limiter = redis.limiter
    leases = redis.leases
    tickets = redis.tickets
    spending = redis.spending
    bus = redis.bus
    services = redis.services
  }

  private static func redis(
    _ settings: Settings, _ url: SecretURL, group: any EventLoopGroup, logger: Logger
  ) throws -> RedisStorage {
    var configuration: RedisConfiguration
    do { configuration = RedisConfiguration(url: try RedisURL(url.expose())) } catch {
      throw SettingsError(["REDIS_URL: \(error.description)"])
    }
    configuration.commandTimeout = settings.redis.commandTimeout
    configuration.retry.maximumAttempts = settings.retry.maxAttempts
    configuration.retry.backoffFactor = settings.retry.backoffFactor
    configuration.certificateAuthoritiesFile = settings.files.certificateAuthorities
    configuration.certificateAuthorities = settings.redis.certificateAuthorities
    configuration.maximumConnections = settings.redis.maxConnections
    if let chain = settings.redis.clientCertificate, let key = settings.redis.clientKey {
      configuration.clientCertificate = RedisConfiguration.ClientCertificate(chain: chain, key: key)
    }
    do {
      return try RedisStorage(
        configuration, prefix: settings.redis.prefix, limits: .init(settings.limits, settings.session), group: group, logger: logger,
        now: UnixTime.now)
    } catch {
      let name = settings.redis.certificateAuthorities == nil ? "SSL_CERT_FILE" : "REDIS_CA"
      let pair = settings.redis.clientCertificate == nil ? "" : ", or REDIS_CERT and REDIS_KEY do not belong together"
      throw SettingsError(["\(name): the certificate authorities do not load\(pair); expected PEM"])
    }
  }
}
