/// How a simulated Realtime server behaves.
public struct SimulatorConfiguration: Sendable, Equatable {
  public enum TranscriptModel: String, Sendable, CaseIterable {
    /// Words arrive while the user speaks, whatever model was asked for.
    case streaming
    /// Words arrive after the commit, whatever model was asked for.
    case afterCommit = "after-commit"
  }

  /// What goes wrong right after the upgrade.
  public enum FatalOpen: String, Sendable, CaseIterable {
    case auth, model
  }

  /// Ids, choices and obfuscation follow from it.
  public var seed: UInt64 = 1
  /// From `response.created` to the first audio or text.
  public var firstAudioDelay: Duration = .milliseconds(350)
  /// Nil: as the model that the session names does.
  public var transcriptModel: TranscriptModel?
  /// What is said, turn by turn, over and over; see ``SimulatorTurn``. Empty: sentences of its own.
  public var script: [SimulatorTurn] = []
  /// Closes with no close frame after this time.
  public var dropAfter: Duration?
  /// Resets the connection after this time.
  public var resetAfter: Duration?
  /// Says nothing more after this time, pongs aside.
  public var stallAfter: Duration?
  /// Every response fails with this code.
  public var errorCode: String?
  public var fatalOpen: FatalOpen?
  public var pingInterval: Duration? = .seconds(20)
  /// Transcripts are completed after the answer instead of before it.
  public var outOfOrderTranscripts = false
  /// The provider's limit: 60 minutes.
  public var sessionLifetime: Duration = .seconds(3_600)
  /// Models that are taken; nil takes any but `gpt-live-1`.
  public var models: Set<String>?
  /// Keys that are taken; nil takes any.
  public var keys: Set<String>?

  public init() {}
}

/// One line of a script: what the user is taken to have said, and what is answered.
///
/// As JSON Lines: `{"user": "…", "assistant": "…", "tool": {"name": "…", "arguments": {…}}}`, all optional.
public struct SimulatorTurn: Sendable, Equatable {
  public struct Tool: Sendable, Equatable {
    public var name: String
    /// A JSON object's text.
    public var arguments: String
    public init(name: String, arguments: String) {
      self.name = name
      self.arguments = arguments
    }
  }
  public var user: String?
  public var assistant: String?
  public var tool: Tool?

  public init(user: String? = nil, assistant: String? = nil, tool: Tool? = nil) {
    self.user = user
    self.assistant = assistant
    self.tool = tool
  }
}
