import VoiceCore

/// A load: how many speak, how fast they come, how long they stay.
struct LoadPlan: Sendable, Equatable {
  var sessions = 20
  /// New sessions a second.
  var rate = 5.0
  /// Time to go on speaking after the last one has come.
  var hold: Duration = .seconds(30)
  /// The p95 of turns, end of speech to first audio, above which the gateway counts as full.
  var latencyLimit: Duration = .milliseconds(800)
  /// Quiet between an answer and the next question.
  var pause: Duration = .seconds(1)
  /// The longest wait for an opening or an answer.
  var patience: Duration = .seconds(15)

  /// Sessions that are counted together when the limit is looked for.
  var step: Int { max(1, sessions / 10) }
}
