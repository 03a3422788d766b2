/// Bounds and times of one session.
public struct RelaySessionConfiguration: Sendable, Equatable {
  /// True on `/v1/ws/voice`: `voice.*` events are sent and taken.
  public var hasVoiceEvents: Bool
  /// What may wait for a slow client before the session ends with `slow_consumer`.
  public var clientBufferBytes: Int
  /// What upstream may say before its `session.created`.
  public var heldBytes: Int
  public var clock: SessionClockStateMachine.Configuration
  public var policy: SessionPolicyConfiguration
  /// Prices by model, for the summary.
  public var prices: [String: TokenPrices]

  public init(
    hasVoiceEvents: Bool, clientBufferBytes: Int = 4_194_304, heldBytes: Int = 65_536,
    clock: SessionClockStateMachine.Configuration = .init(),
    policy: SessionPolicyConfiguration = .init(), prices: [String: TokenPrices] = TokenPrices.known
  ) {
    self.hasVoiceEvents = hasVoiceEvents
    self.clientBufferBytes = clientBufferBytes
    self.heldBytes = heldBytes
    self.clock = clock
    self.policy = policy
    self.prices = prices
  }
}
