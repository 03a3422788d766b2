public import Logging
public import RateLimiting
public import SessionStore
public import VoiceAuth
public import VoiceCore

/// What the gateway works with. Each is a port: the composition root decides what stands behind it.
public struct GatewayDependencies: Sendable {
  public var verifier: any TokenVerifier
  public var limiter: any RateLimiter
  public var leases: any SessionLeases
  /// Nil: users may spend what they like.
  public var spending: (any SpendLedger)?
  public var store: any SessionStore
  /// Word between instances.
  public var bus: any SessionBus
  public var connector: any RealtimeConnector
  /// Nil: no context is looked for.
  public var retriever: (any ContextRetriever)?
  /// Nil: the gateway has no tools of its own.
  public var tools: (any ToolProvider)?
  public var observer: any RelayObserver
  /// Flag, plans, beta users and percentage, as they are now.
  public var admission: @Sendable () -> Admission
  /// Milliseconds since 1970, for what is stored and told.
  public var wallClock: @Sendable () -> UnixTime
  public var logger: Logger

  public init(
    verifier: any TokenVerifier, limiter: any RateLimiter, leases: any SessionLeases, spending: (any SpendLedger)? = nil,
    store: any SessionStore, bus: any SessionBus, connector: any RealtimeConnector, retriever: (any ContextRetriever)? = nil,
    tools: (any ToolProvider)? = nil, observer: any RelayObserver, admission: @escaping @Sendable () -> Admission,
    wallClock: @escaping @Sendable () -> UnixTime, logger: Logger
  ) {
    self.verifier = verifier
    self.limiter = limiter
    self.leases = leases
    self.spending = spending
    self.store = store
    self.bus = bus
    self.connector = connector
    self.retriever = retriever
    self.tools = tools
    self.observer = observer
    self.admission = admission
    self.wallClock = wallClock
    self.logger = logger
  }
}
