import HTTPTypes
import NIOCore
import VoiceAuth
public import VoiceCore
import VoiceTransport

/// Request of a client, read from its upgrade request. Holds its token, and prints none of it.
public struct SessionRequest: Sendable {
  /// Endpoint that was asked for.
  public enum Endpoint: Sendable, Equatable {
    /// `/v1/ws/voice`: the Realtime protocol and `voice.*` events.
    case voice
    /// `/v1/realtime`: the pure protocol.
    case realtime
  }

  /// Endpoint that was asked for.
  public var endpoint: Endpoint
  /// Token of the request, not verified yet.
  public var token: Secret?
  /// `?model=`; nil: the default, or that of the resumed session.
  public var model: String?
  /// `?intent=transcription`: a session without a model.
  public var isTranscription: Bool
  /// `?session_id=`: the session to go on with.
  public var resumes: String?
  /// `realtime`, when it was offered.
  public var subprotocol: String?
  /// The caller's own trace.
  public var trace = TraceCaller()
  /// Address of the client, as trusted proxies forward it.
  public var address: String

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - endpoint: endpoint that was asked for.
  ///   - token: token of the request, not verified yet.
  ///   - model: model that was asked for; nil for the default.
  ///   - isTranscription: a session without a model.
  ///   - resumes: id of the session to go on with.
  ///   - subprotocol: `realtime`, when it was offered.
  ///   - trace: the caller's own trace.
  ///   - address: address of the client; limits by address count by it.
  public init(
    endpoint: Endpoint, token: Secret?, model: String? = nil, isTranscription: Bool = false, resumes: String? = nil,
    subprotocol: String? = nil, trace: TraceCaller = TraceCaller(), address: String
  ) {
    self.endpoint = endpoint
    self.token = token
    self.model = model
    self.isTranscription = isTranscription
    self.resumes = resumes
    self.subprotocol = subprotocol
    self.trace = trace
    self.address = address
  }

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
