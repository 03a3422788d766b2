import Logging
import ServiceLifecycle
import SessionStore
import VoiceCore

/// Where sessions, limits and leases are kept.
struct Storage: Sendable {
  let store: any SessionStore
  let limiter: any RateLimiter
  let leases: any SessionLeases
  let services: [any Service]
  let health: @Sendable () async -> HealthReport.Redis

  init(_ settings: Settings, logger: Logger) throws {
    let now = WallClock.now
    store = MemorySessionStore(timeToLive: settings.session.storedFor, now: now)
    limiter = MemoryRateLimiter(limit: settings.limits.sessionsPerWindow, window: settings.limits.window, now: now)
    leases = MemorySessionLeases(limit: settings.limits.concurrentSessions, now: now)
    services = []
    health = { HealthReport.Redis() }
  }
}
