/// One line of a script: what the user is taken to have said, and what becomes of it. All members are optional.
public struct SimulatorTurn: Sendable, Equatable {
  /// A function call of the model.
  public struct Tool: Sendable, Equatable {
    /// Name of the function.
    public var name: String
    /// A JSON object's text.
    public var arguments: String
    /// Creates a tool.
    public init(name: String, arguments: String) {
      self.name = name
      self.arguments = arguments
    }
  }

  /// An error that is sent to the client in the place where the provider would.
  public struct Fault: Sendable, Equatable {
    /// `error.type`.
    public var type: String
    /// `error.code`.
    public var code: String
    /// `error.message`.
    public var message: String
    /// Creates a fault.
    public init(type: String, code: String, message: String) {
      self.type = type
      self.code = code
      self.message = message
    }
  }

  /// Reason why a response breaks off.
  public enum Incomplete: String, Sendable, Equatable {
    /// The provider's filter stopped it.
    case contentFilter = "content_filter"
    /// The limit of output tokens was reached.
    case maxOutputTokens = "max_output_tokens"
  }

  /// The transcript of the user's speech. Text that the client writes is known, and looks for the line that says the same.
  public var user: String?
  /// Words of the answer.
  public var assistant: String?
  /// Called first; `assistant` is then what is said about its output.
  public var tool: Tool?
  /// The transcription fails with this.
  public var transcriptionError: Fault?
  /// The response fails with this, and says nothing.
  public var error: Fault?
  /// The response breaks off after its first words.
  public var incomplete: Incomplete?
  /// Delay of this turn, in place of ``SimulatorConfiguration/firstAudioDelay``.
  public var firstAudioDelay: Duration?

  /// Creates a simulator turn.
  public init(
    user: String? = nil, assistant: String? = nil, tool: Tool? = nil, transcriptionError: Fault? = nil, error: Fault? = nil,
    incomplete: Incomplete? = nil, firstAudioDelay: Duration? = nil
  ) {
    self.user = user
    self.assistant = assistant
    self.tool = tool
    self.transcriptionError = transcriptionError
    self.error = error
    self.incomplete = incomplete
    self.firstAudioDelay = firstAudioDelay
  }
}
