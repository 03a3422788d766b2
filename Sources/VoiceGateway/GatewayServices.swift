import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

/// What the gateway works with: the dependencies, and memory for those that were not given.
struct GatewayServices: Sendable {
  let verifier: any TokenVerifier
  let connector: any RealtimeConnector
  let limiter: any RateLimiter
  let leases: any SessionLeases
  /// Spend limiter; nil = unlimited.
  let spending: (any SpendLedger)?
  let store: any SessionStore
  let bus: any SessionBus
  let retriever: (any ContextRetriever)?
  let tools: (any ToolProvider)?
  let observer: any RelayObserver
  let admission: @Sendable () -> Admission
  let onAdmission: @Sendable (AdmissionRequest) async -> AdmissionVerdict
  let wallClock: @Sendable () -> UnixTime
  let logger: Logger
  let lifecycleLimits: SessionLifecycleStateMachine.Limits

  init(_ given: GatewayDependencies, _ configuration: GatewayConfiguration) {
    let limits = configuration.limits
    let now = given.wallClock
    verifier = given.verifier
    connector = given.connector
    limiter = given.limiter ?? MemoryRateLimiter(limit: limits.sessionsPerWindow, window: limits.window, now: now)
    leases = given.leases ?? MemorySessionLeases(limit: limits.concurrentSessions, now: now)
    spending = given.spending ?? limits.costPerDay.map { MemorySpendLedger(limit: Int64(($0 * 1_000_000).rounded()), now: now) }
    store = given.store ?? MemorySessionStore(timeToLive: configuration.session.storedFor, now: now)
    bus = given.bus ?? MemorySessionBus()
    retriever = given.retriever
    tools = given.tools
    observer = given.observer
    admission = given.admission
    onAdmission = given.onAdmission
    wallClock = now
    logger = given.logger
    lifecycleLimits = SessionLifecycleStateMachine.Limits(
      concurrentSessions: limits.concurrentSessions, limitsSessions: limits.sessionsPerWindow > 0, limitsSpending: spending != nil)
  }
}
