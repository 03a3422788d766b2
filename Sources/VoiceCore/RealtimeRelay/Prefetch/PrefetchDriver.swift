import NIOCore

/// What one session's prefetch consists of beside its rules.
final class PrefetchDriver {
  var machine: PrefetchStateMachine
  let configuration: PrefetchConfiguration
  let worker = RetrievalWorker()
  var alarm: (at: NIODeadline, task: Scheduled<Void>)?
  /// The client committed its audio itself, and upstream has not said so yet: until then.
  var commitDeadline: NIODeadline?
  /// The client's `response.create`, and all that it said behind it, while the context is waited for.
  var waiting: [RealtimeMessage] = []
  var waitingAlarm: Scheduled<Void>?
  /// The transcription socket, where there is to be one.
  var transcription: TranscriptionLeg?

  init(_ configuration: PrefetchConfiguration) {
    self.configuration = configuration
    machine = PrefetchStateMachine(configuration)
  }
}
