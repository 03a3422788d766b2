/// Functions that the model may call and the gateway runs: added to every session, and nothing to the client.
///
/// The smallest one:
/// ```swift
/// struct Clock: ToolProvider {
///   let tools = [ToolDefinition(name: "time", description: "The time now.", parameters: #"{"type":"object","properties":{}}"#)]
///   func output(of call: ToolCall) async throws -> String { Date().formatted() }
/// }
/// ```
public protocol ToolProvider: Sendable {
  /// Asked for once, at the start.
  var tools: [ToolDefinition] { get }
  /// Runs one call; the text goes to the model. Off the event loop, in a task that is cancelled when the session ends or
  /// ``ToolDefinition/timeout`` passes. An error that it throws reaches the model as a failure, without details.
  func output(of call: ToolCall) async throws -> String
}

/// A function as the model sees it.
public struct ToolDefinition: Sendable, Equatable {
  /// Letters, digits, `_` and `-`. A client's tool of the same name takes this one's place.
  public var name: String
  /// Description for the model.
  public var description: String
  /// JSON Schema of the arguments, as JSON text: an object.
  public var parameters: String
  /// Time allowed for one call.
  public var timeout: Duration

  /// Creates a tool definition.
  public init(name: String, description: String, parameters: String, timeout: Duration = .seconds(10)) {
    self.name = name
    self.description = description
    self.parameters = parameters
    self.timeout = timeout
  }

  /// JSON of an element of `session.tools`.
  var json: String {
    """
    {"type":"function","name":\(JSONText.quoted(name)),"description":\(JSONText.quoted(description)),"parameters":\(parameters)}
    """
  }
}

/// One call of a function.
public struct ToolCall: Sendable, Equatable {
  /// The provider's `call_id`.
  public var id: String
  /// Name of the tool.
  public var name: String
  /// JSON text, as the model wrote it: mostly, not surely, what the schema asks for.
  public var arguments: String
  /// Session in which the model called it.
  public var session: SessionID
  /// User of the session: decides what the tool may show.
  public var userID: String?

  /// Creates a tool call.
  public init(id: String, name: String, arguments: String, session: SessionID, userID: String?) {
    self.id = id
    self.name = name
    self.arguments = arguments
    self.session = session
    self.userID = userID
  }
}
