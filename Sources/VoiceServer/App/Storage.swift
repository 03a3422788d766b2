import Logging
import ServiceLifecycle
import SessionStore
import VoiceAuth
import VoiceCore

/// Where sessions, limits and leases are kept.
struct Storage: Sendable {
  let store: any SessionStore
  let limiter: any RateLimiter
  let leases: any SessionLeases
  let tickets: any VoiceCore::TicketStore
  let services: [any Service]
  let health: @Sendable () async -> HealthReport.Redis

  init(_ settings: Settings, logger: Logger) throws {
    let now = WallClock.now
    store = MemorySessionStore(timeToLive: settings.session.storedFor, now: now)
    limiter = MemoryRateLimiter(limit: settings.limits.sessionsPerWindow, window: settings.limits.window, now: now)
    leases = MemorySessionLeases(limit: settings.limits.concurrentSessions, now: now)
    tickets = VoiceAuth::MemoryTicketStore(now: now)
    services = []
    health = { HealthReport.Redis() }
  }
}
