public import Logging
public import RateLimiting
public import SessionStore
public import VoiceAuth
public import VoiceCore

/// All that the gateway calls. Each is a port; what is not given is in memory, or there is none of it.
public struct GatewayDependencies: Sendable {
  /// Verifier of tokens.
  public var verifier: any TokenVerifier
  /// Connector that dials upstream.
  public var connector: any RealtimeConnector
  /// Nil: in memory, within the configuration's limit.
  public var limiter: (any RateLimiter)?
  /// Nil: in memory, within the configuration's limit.
  public var leases: (any SessionLeases)?
  /// Nil: in memory where the configuration has a limit, else users may spend what they like.
  public var spending: (any SpendLedger)?
  /// Redis; nil = memory.
  public var store: (any SessionStore)?
  /// Word between instances; nil: there is one instance.
  public var bus: (any SessionBus)?
  /// Source of context; nil = none.
  public var retriever: (any ContextRetriever)?
  /// Tools of the gateway; nil = none.
  public var tools: (any ToolProvider)?
  /// Observer of all sessions.
  public var observer: any RelayObserver
  /// Flag, plans, beta users and percentage, as they are now.
  public var admission: @Sendable () -> Admission
  /// Checks of the embedder's own, made for each verified caller before anything is taken; it may add metadata to the session's log line.
  public var onAdmission: @Sendable (AdmissionRequest) async -> AdmissionVerdict
  /// Time of day, for what is stored and told.
  public var wallClock: @Sendable () -> UnixTime
  /// Logger of the gateway and its sessions.
  public var logger: Logger

  /// - Parameters:
  ///   - verifier: judges tokens, for example a `JWTVerifier`.
  ///   - connector: dials upstream, for example an `NIORealtimeConnector`.
  ///   - observer: observer of sessions.
  ///   - wallClock: source of the time of day.
  ///   - logger: destination of log lines.
  public init(
    verifier: any TokenVerifier, connector: any RealtimeConnector, observer: any RelayObserver = SilentObserver(),
    wallClock: @escaping @Sendable () -> UnixTime = UnixTime.now, logger: Logger = Logger(label: "voice")
  ) {
    self.verifier = verifier
    self.connector = connector
    self.observer = observer
    self.wallClock = wallClock
    self.logger = logger
    admission = { Admission(FeatureFlags(isEnabled: true)) }
    onAdmission = { _ in .allow() }
  }

  /// Keeps sessions, limits, leases and spending in Redis. Its services are the caller's to run.
  public mutating func use(_ storage: RedisStorage) {
    store = storage.store
    limiter = storage.limiter
    leases = storage.leases
    spending = storage.spending
    bus = storage.bus
  }
}

/// A caller whose token is good and whose plan allows voice.
public struct AdmissionRequest: Sendable, Equatable {
  /// User whose token was verified.
  public var user: VerifiedToken
  /// Nil: the default, or that of the session that goes on.
  public var model: String?
  /// The session to go on with, as it was asked for.
  public var resumes: String?
  /// Address of the client, as trusted proxies forward it.
  public var address: String
  /// True on `/v1/ws/voice`, false on `/v1/realtime`.
  public var hasVoiceEvents: Bool
}

/// Outcome of an embedder's own checks.
public enum AdmissionVerdict: Sendable, Equatable {
  /// Lets the caller on; the metadata goes into the session's log line.
  case allow(metadata: [String: String] = [:])
  /// Refuse the caller, for this reason.
  case refuse(CloseReason)
}

/// An observer that passes everything over.
public struct SilentObserver: RelayObserver {
  /// Creates a silent observer.
  public init() {}
  public func observed(_ event: RelayEvent, in context: SessionContext) {}
}
