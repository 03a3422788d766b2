/// What the gateway asks of upstream's session beside what the client asks.
public struct SessionPolicyConfiguration: Sendable, Equatable {
  /// The server's own instructions, put before the client's.
  public var instructions: String?
  /// Streaming transcription, asked for while prefetch needs partial words.
  public var transcriptionModel: String?
  /// Sends `create_response: false`, and answers committed turns itself.
  public var holdsResponses: Bool
  /// The most that a client may ask for.
  public var maxOutputTokens: Int?
  /// Functions that the gateway runs: added to those of the client, and hidden from it.
  public var tools: [ToolDefinition]

  public init(
    instructions: String? = nil, transcriptionModel: String? = nil, holdsResponses: Bool = false, maxOutputTokens: Int? = nil,
    tools: [ToolDefinition] = []
  ) {
    self.instructions = instructions
    self.transcriptionModel = transcriptionModel
    self.holdsResponses = holdsResponses
    self.maxOutputTokens = maxOutputTokens
    self.tools = tools
  }

  /// False: every update passes as it came.
  var isActive: Bool { instructions != nil || transcriptionModel != nil || holdsResponses || maxOutputTokens != nil || !tools.isEmpty }
}
