import Foundation

/// Settings of a conversation: the gateway, the user's token, the session's wishes.
public struct VoiceConfiguration: Sendable {
  public enum TokenReason: Sendable, Equatable {
    case open
    /// The last one was not accepted.
    case refused
    /// The session ends unless a newer one comes.
    case expiring
  }

  /// The gateway, such as `https://voice.example.com`.
  public var url: URL
  /// Gives the user's JWT. An app sends it in a header, never in the address.
  public var token: @Sendable (TokenReason) async throws -> String
  public var model: String?
  /// Members of the Realtime API's `session`, as JSON; they go out with the first connection.
  public var session: String
  public var reconnection = ReconnectionStateMachine()
  /// A path that is dead in silence is found out by a ping after this time.
  public var pingInterval = Duration.seconds(10)

  public static let usualSession = """
    {"type":"realtime","output_modalities":["audio"],"audio":{"input":{"transcription":{"model":"gpt-realtime-whisper"}}}}
    """

  public init(
    url: URL, model: String? = nil, session: String = VoiceConfiguration.usualSession,
    token: @escaping @Sendable (TokenReason) async throws -> String
  ) {
    self.url = url
    self.model = model
    self.session = session
    self.token = token
  }

  /// The WebSocket's address; nil where ``url`` is none of http, https, ws and wss.
  func address(resuming session: String?) -> URL? {
    guard var parts = URLComponents(url: url, resolvingAgainstBaseURL: true),
      let scheme = ["http": "ws", "https": "wss", "ws": "ws", "wss": "wss"][parts.scheme?.lowercased() ?? ""]
    else { return nil }
    parts.scheme = scheme
    while parts.path.hasSuffix("/") { parts.path.removeLast() }
    if !parts.path.hasSuffix("/v1/ws/voice") { parts.path += "/v1/ws/voice" }
    var query: [URLQueryItem] = []
    if let session { query.append(URLQueryItem(name: "session_id", value: session)) }
    if let model { query.append(URLQueryItem(name: "model", value: model)) }
    parts.queryItems = query.isEmpty ? nil : query
    return parts.url
  }
}
