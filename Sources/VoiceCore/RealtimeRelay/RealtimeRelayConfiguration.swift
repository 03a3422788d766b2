/// Bounds and times of one session.
public struct RealtimeRelayConfiguration: Sendable {
  /// True on `/v1/ws/voice`: `voice.*` events are sent and taken.
  public var hasVoiceEvents: Bool
  /// Bytes that may wait for a slow client before the session ends with `slow_consumer`.
  public var clientBufferBytes: Int
  /// Bytes that upstream may say before its `session.created`.
  public var heldBytes: Int
  /// Bytes that the client may say while upstream is dialled: 10 s of audio.
  public var keptBytes: Int
  /// Attempts and pauses of dialling a lost upstream again.
  public var redial: RetryPolicy
  /// Time that an upstream has to have been open for its loss to begin a new count of ``redial``.
  public var redialForgivenAfter: Duration
  /// Time that a dropped client is waited for; zero: not at all. Only with ``hasVoiceEvents``, which tell a client its session's id.
  public var resumeGrace: Duration
  /// Bounds of one event: a larger one is answered with `invalid_event`.
  public var eventLimits: EventLimits
  /// Speed of a client; nil: as fast as upstream takes it.
  public var clientRate: ClientRateLimits?
  /// True if the owner receives what to store.
  public var storesConversation: Bool
  /// True if the owner receives what the session costs, whenever that grows.
  public var reportsCost: Bool
  /// Limits of the session's time.
  public var clock: SessionClockStateMachine.Configuration
  /// Settings that the gateway puts over the client's.
  public var policy: SessionPolicyConfiguration
  /// Context for the answers, looked up while the user speaks; nil: none. Goes with ``SessionPolicyConfiguration/holdsResponses``.
  public var prefetch: (any ContextPrefetcher)?
  /// A second source of words for ``prefetch``. Nil: words come from the conversation's own transcription, and from the client.
  public var parallelTranscription: ParallelTranscription?
  /// Prices by model, for the summary.
  public var prices: PriceTable

  /// Creates a realtime relay configuration.
  public init(
    hasVoiceEvents: Bool, clientBufferBytes: Int = 4_194_304, heldBytes: Int = 65_536, keptBytes: Int = 655_360,
    redial: RetryPolicy = RetryPolicy(), redialForgivenAfter: Duration = .seconds(5), resumeGrace: Duration = .zero,
    eventLimits: EventLimits = EventLimits(), clientRate: ClientRateLimits? = nil,
    storesConversation: Bool = true, reportsCost: Bool = false,
    clock: SessionClockStateMachine.Configuration = .init(),
    policy: SessionPolicyConfiguration = .init(), prefetch: (any ContextPrefetcher)? = nil,
    parallelTranscription: ParallelTranscription? = nil, prices: PriceTable = .published
  ) {
    self.hasVoiceEvents = hasVoiceEvents
    self.clientBufferBytes = clientBufferBytes
    self.heldBytes = heldBytes
    self.keptBytes = keptBytes
    self.redial = redial
    self.redialForgivenAfter = redialForgivenAfter
    self.resumeGrace = resumeGrace
    self.eventLimits = eventLimits
    self.clientRate = clientRate
    self.storesConversation = storesConversation
    self.reportsCost = reportsCost
    self.clock = clock
    self.policy = policy
    self.prefetch = prefetch
    self.parallelTranscription = parallelTranscription
    self.prices = prices
  }
}
