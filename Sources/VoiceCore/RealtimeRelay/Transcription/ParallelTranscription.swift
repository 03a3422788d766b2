/// A transcription socket beside the conversation's: its words come while the user speaks, whatever the conversation's own model does.
///
/// The user's speech goes there a second time, from a second before its start to the commit: silence is not sent.
public struct ParallelTranscription: Sendable, Equatable {
  /// Target with `?intent=transcription` and no model.
  public var target: RealtimeTarget
  /// A model that streams, such as `gpt-live-transcribe`.
  public var model: String

  /// Creates a parallel transcription.
  public init(target: RealtimeTarget, model: String) {
    self.target = target
    self.model = model
  }
}
