public import Logging
public import RateLimiting
public import SessionStore
public import VoiceAuth
public import VoiceCore
public import VoiceTransport

/// All that the gateway calls. Each is a port; what is not given is in memory, or there is none of it.
public struct GatewayDependencies: Sendable {
  /// Stats of an instance, or of all where only one is known: any value whose members become JSON.
  public typealias Stats = @Sendable (StatsScope) async -> any Encodable & Sendable
  /// Text of metrics in a format that an `Accept` field wants, and its media type.
  public typealias Metrics = @Sendable (_ accept: String?) async -> (text: String, contentType: String)

  /// Verifier of tokens.
  public var verifier: any TokenVerifier
  /// Connector that dials upstream.
  public var connector: any RealtimeConnector
  /// Rate limiter; nil: in memory, with the configuration's limit.
  public var limiter: (any RateLimiter)?
  /// Leases of concurrent sessions; nil: in memory, with the configuration's limit.
  public var leases: (any SessionLeases)?
  /// Tickets and client secrets, which the routes mint and WebSockets are opened with; nil: in memory.
  public var tickets: (any TicketStore)?
  /// Spend limiter; nil: in memory where the configuration has a limit, else users may spend what they like.
  public var spending: (any SpendLimiter)?
  /// Session store; nil: in memory.
  public var store: (any SessionStore)?
  /// Messages between instances; nil: there is one instance.
  public var bus: (any SessionBus)?
  /// Source of context; nil = none.
  public var retriever: (any ContextRetriever)?
  /// Name by which ``retriever`` gets a user; nil = it gets none. Never the id itself, which may be an e-mail address: a hash with
  /// a key.
  public var pseudonym: (@Sendable (_ userID: String) -> String)?
  /// Tools of the gateway; nil = none.
  public var tools: (any ToolProvider)?
  /// Observer of all sessions.
  public var observer: any RelayObserver
  /// Body of `GET /v1/voice/stats`; nil: there is no such route.
  public var stats: Stats?
  /// Body of `GET /metrics`; nil: there is no such route.
  public var metrics: Metrics?
  /// State of Redis for the health report; nil: memory serves.
  public var redisHealth: (@Sendable () async -> RedisHealth.Report)?
  /// Name of the source of context in the health report; nil: `custom` where there is a retriever, else `none`.
  public var retrievalSource: String?
  /// Returns true while something around the gateway fails, such as a key set or the retriever: health is `degraded` then.
  public var isDegraded: @Sendable () -> Bool = { false }
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
  ///   - connector: dials upstream.
  ///   - observer: observer of sessions.
  ///   - wallClock: source of the time of day.
  ///   - logger: destination of log lines.
  public init(
    verifier: any TokenVerifier, connector: any RealtimeConnector = NIORealtimeConnector(), observer: any RelayObserver = SilentObserver(),
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
    tickets = storage.tickets
    redisHealth = storage.health.report
  }
}

/// A caller whose token is good and whose plan allows voice.
public struct AdmissionRequest: Sendable, Equatable {
  /// User whose token was verified.
  public var user: VerifiedToken
  /// Model; nil takes the default, or that of the resumed session.
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

/// Instances that stats are asked of.
public enum StatsScope: String, Sendable {
  /// The one that answers.
  case instance
  /// All that share its Redis.
  case cluster
}
