import NIOCore

/// All that is decided about one session, and all that is known of it: its life, its deadlines, its conversation, its counters. No IO, no
/// clock, no logger.
struct RelayCore {
  var life: RelayLifecycleStateMachine
  var clock: SessionClockStateMachine
  var conversation: ConversationStateMachine
  var meter: SessionMeter
  var session: SessionFacts

  init(_ configuration: RealtimeRelayConfiguration, _ context: SessionContext) {
    life = RelayLifecycleStateMachine(hasVoiceEvents: configuration.hasVoiceEvents, hasPolicy: configuration.policy.isActive)
    clock = SessionClockStateMachine(configuration.clock)
    conversation = ConversationStateMachine(
      policy: configuration.policy, keptAudioBytes: configuration.keptBytes, clampsTruncations: configuration.hasVoiceEvents)
    meter = SessionMeter(prices: configuration.prices)
    session = SessionFacts(context: context)
  }

  var isOpen: Bool { life.isOpen }
}
