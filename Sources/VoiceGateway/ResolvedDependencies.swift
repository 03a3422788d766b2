import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

/// Everything that the gateway works with: the dependencies, and memory for those that were not given.
final class ResolvedDependencies: Sendable {
  let configuration: GatewayConfiguration
  /// Verifier of what the embedder's users carry.
  let verifier: any TokenVerifier
  /// Verifier of these, and of the tickets and client secrets that the routes mint.
  let ephemeralTokens: EphemeralTokens
  let connector: any RealtimeConnector
  let limiter: any RateLimiter
  let leases: any SessionLeases
  /// Spend limiter; nil = unlimited.
  let spending: (any SpendLimiter)?
  let store: any SessionStore
  let bus: any SessionBus
  let retriever: (any ContextRetriever)?
  let pseudonym: (@Sendable (String) -> String)?
  let tools: (any ToolProvider)?
  let observer: any RelayObserver
  let stats: GatewayDependencies.Stats?
  let metrics: GatewayDependencies.Metrics?
  let redisHealth: (@Sendable () async -> RedisHealth.Report)?
  let retrievalSource: String
  let isDegraded: @Sendable () -> Bool
  let admission: @Sendable () -> Admission
  let onAdmission: @Sendable (AdmissionRequest) async -> AdmissionVerdict
  let wallClock: @Sendable () -> UnixTime
  let logger: Logger
  let lifecycleLimits: SessionLifecycleStateMachine.Limits

  init(_ given: GatewayDependencies, _ configuration: GatewayConfiguration) {
    self.configuration = configuration
    let limits = configuration.limits
    let now = given.wallClock
    verifier = given.verifier
    ephemeralTokens = EphemeralTokens(base: given.verifier, store: given.tickets ?? MemoryTicketStore(now: now), now: now)
    connector = given.connector
    limiter = given.limiter ?? MemoryRateLimiter(limit: limits.sessionsPerWindow, window: limits.window, now: now)
    leases = given.leases ?? MemorySessionLeases(limit: limits.concurrentSessions, now: now)
    spending = given.spending ?? limits.microdollarsPerDay.map { MemorySpendLimiter(limit: $0, now: now) }
    store = given.store ?? MemorySessionStore(timeToLive: configuration.session.storedFor, now: now)
    bus = given.bus ?? MemorySessionBus()
    retriever = given.retriever
    pseudonym = given.pseudonym
    tools = given.tools
    observer = given.observer
    stats = given.stats
    metrics = given.metrics
    redisHealth = given.redisHealth
    retrievalSource = given.retrievalSource ?? (given.retriever == nil ? "none" : "custom")
    isDegraded = given.isDegraded
    admission = given.admission
    onAdmission = given.onAdmission
    wallClock = now
    logger = given.logger
    lifecycleLimits = SessionLifecycleStateMachine.Limits(
      concurrentSessions: limits.concurrentSessions, limitsSessions: limits.sessionsPerWindow > 0, limitsSpending: spending != nil)
  }

  /// Attributes of a caller that retrievers receive.
  func asker(_ user: VerifiedToken) -> RetrievalAsker {
    RetrievalAsker(user: pseudonym?(user.userID), plan: user.plan, tenant: user.tenant)
  }
}
