/// Behaviour of a simulated Realtime server.
public struct SimulatorConfiguration: Sendable, Equatable {
  /// Time at which a transcript's words arrive.
  public enum TranscriptModel: String, Sendable, CaseIterable {
    /// Words arrive while the user speaks, whatever model was asked for.
    case streaming
    /// Words arrive after the commit, whatever model was asked for.
    case afterCommit = "after-commit"
  }

  /// Fault right after the upgrade.
  public enum FatalOpen: String, Sendable, CaseIterable {
    /// Close 3000, `invalid_api_key`.
    case auth
    /// Close 4000, `invalid_model`.
    case model
  }

  /// Source of the answers' audio.
  public enum Voice: String, Sendable, CaseIterable {
    /// `espeak-ng` where it is installed, else tones.
    case automatic
    /// A soft note for each syllable: the same everywhere.
    case tones
  }

  /// Ids, choices and obfuscation follow from it, and from the number of the connection.
  public var seed: UInt64 = 1
  /// Delay from `response.created` to the first audio or text. The default is that of a model without reasoning, without the network.
  public var firstAudioDelay: Duration = .milliseconds(350)
  /// Arrival of transcripts; nil = that of the session's model; `gpt-realtime-whisper` and `gpt-live-transcribe` stream.
  public var transcriptModel: TranscriptModel?
  /// Words of each turn, over and over; see ``SimulatorTurn``. Empty = built-in sentences.
  public var script: [SimulatorTurn] = []
  /// Closes TCP with no close frame after this time.
  public var dropAfter: Duration?
  /// Resets the connection (RST) after this time.
  public var resetAfter: Duration?
  /// Says nothing more after this time, pongs aside.
  public var stallAfter: Duration?
  /// Every response fails with this code. `audio_unintelligible` fails every transcription instead, `session_expired` ends the
  /// session as soon as it is open.
  public var errorCode: String?
  /// Fault right after the upgrade, if any.
  public var fatalOpen: FatalOpen?
  /// Time between two pings; nil sends none.
  public var pingInterval: Duration? = .seconds(20)
  /// The transcript of every other turn is completed after that of the turn behind it, or 4 s late.
  public var outOfOrderTranscripts = false
  /// The provider's limit is 60 minutes; then `session_expired` and close 1001.
  public var sessionLifetime: Duration = .seconds(3_600)
  /// Models that are taken, and their dated snapshots; `*` takes any. Others end with `invalid_model`.
  public var models: Set<String> = SimulatorConfiguration.realtimeModels
  /// Keys that are taken; nil takes any that is not empty.
  public var keys: Set<String>?
  /// Source of the answers' audio.
  public var voice: Voice = .automatic
  /// Audio that one session keeps for `conversation.item.retrieve`; older items lose theirs.
  public var maxAudioBytes = 4 << 20

  /// Creates a simulator configuration.
  public init() {}

  /// The provider's speech-to-speech models.
  public static let realtimeModels: Set<String> = [
    "gpt-realtime", "gpt-realtime-1.5", "gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-mini",
  ]

  func takes(model: String) -> Bool {
    models.contains("*") || models.contains(model)
      || models.contains { model.hasPrefix($0 + "-20") }
  }
}
