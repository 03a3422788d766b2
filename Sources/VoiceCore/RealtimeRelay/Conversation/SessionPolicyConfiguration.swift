/// Session settings that the gateway adds to those of the client.
public struct SessionPolicyConfiguration: Sendable, Equatable {
  /// The server's own instructions, put before the client's.
  public var instructions: String?
  /// Streaming transcription, asked for while prefetch needs partial words.
  public var transcriptionModel: String?
  /// Sends `create_response: false`, and answers committed turns itself.
  public var holdsResponses: Bool
  /// The most that a client may ask for.
  public var maxOutputTokens: Int?
  /// Models that a client's update, and a stored session, may name; another one is left out of it. Nil: any.
  public var allowedModels: Set<String>?
  /// Functions that the gateway runs: added to those of the client, and hidden from it.
  public var tools: [ToolDefinition]

  /// Creates a session policy configuration.
  public init(
    instructions: String? = nil, transcriptionModel: String? = nil, holdsResponses: Bool = false, maxOutputTokens: Int? = nil,
    allowedModels: Set<String>? = nil, tools: [ToolDefinition] = []
  ) {
    self.instructions = instructions
    self.transcriptionModel = transcriptionModel
    self.holdsResponses = holdsResponses
    self.maxOutputTokens = maxOutputTokens
    self.allowedModels = allowedModels
    self.tools = tools
  }

  /// False: there is nothing to ask of upstream, and every update passes as it came but for a model that is not allowed.
  var isActive: Bool { instructions != nil || transcriptionModel != nil || holdsResponses || maxOutputTokens != nil || !tools.isEmpty }
}
