import HTTPTypes
import NIOCore
import VoiceAuth
import VoiceCore
import VoiceTransport

/// What a client asks for, read from its upgrade request. Holds its token, and prints none of it.
struct SessionRequest: Sendable {
  enum Endpoint: Sendable, Equatable {
    /// `/v1/ws/voice`: the Realtime protocol and `voice.*` events.
    case voice
    /// `/v1/realtime`: the pure protocol.
    case realtime
  }

  var endpoint: Endpoint
  var token: Secret?
  var model: String
  /// Whether the client named ``model`` itself.
  var namesModel = false
  /// `?intent=transcription`: a session without a model.
  var isTranscription: Bool
  /// `?session_id=`: the session to go on with.
  var resumes: String?
  /// `realtime`, when it was offered.
  var subprotocol: String?
  /// The caller's own trace.
  var trace = TraceCaller()
  /// Of the client, behind trusted proxies.
  var address: String

  var hasVoiceEvents: Bool { endpoint == .voice }

  /// `/v1/…` and `/api/v1/…` are the same routes. `path` comes without its query.
  static func endpoint(of path: Substring) -> Endpoint? {
    switch path.hasPrefix("/api/") ? path.dropFirst(4) : path {
    case "/v1/ws/voice": .voice
    case "/v1/realtime": .realtime
    default: nil
    }
  }
}
