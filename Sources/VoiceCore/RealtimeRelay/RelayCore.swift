import NIOCore

/// All that is decided about one session: its life, its deadlines and its conversation. No IO, no clock, no logger.
struct RelayCore {
  var life: RelayStateMachine
  var clock: SessionClockStateMachine
  var conversation: ConversationStateMachine

  init(_ configuration: RealtimeRelayConfiguration) {
    life = RelayStateMachine(hasVoiceEvents: configuration.hasVoiceEvents)
    clock = SessionClockStateMachine(configuration.clock)
    conversation = ConversationStateMachine(
      policy: configuration.policy, keptAudioBytes: configuration.keptBytes)
  }

  var isOpen: Bool { life.isOpen }
}
