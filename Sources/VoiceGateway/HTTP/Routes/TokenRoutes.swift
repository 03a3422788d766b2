import HTTPTypes
import VoiceAuth
import VoiceCore

/// Routes that mint short-lived tokens for the bearer of a valid JWT: tickets, and keys in OpenAI's shape.
struct TokenRoutes: Sendable {
  static let ticketLifetime = Duration.seconds(30)
  let services: RouteDependencies
  let authenticator: RequestAuthenticator

  var routes: [Route] {
    [
      Route(
        "/v1/voice/tickets", isCrossOrigin: true,
        [
          .post: { call in
            let user = try await authenticator.requireUser(call.request)
            _ = try await JSONBody.read(from: call.request, within: services.configuration.http.handshakeTimeout)
            let ticket = try await mint(.ticket, for: user, lifetime: Self.ticketLifetime)
            var answer = JSONObject()
            answer["ticket"] = .string(ticket)
            answer["expires_in"] = .number(String(Self.ticketLifetime.components.seconds))
            return .json(JSONValue.object(answer))
          }
        ]),
      Route("/v1/realtime/client_secrets", isCrossOrigin: true, [.post: { call in try await key(for: call.request) }]),
    ]
  }

  private func key(for request: GatewayRequest) async throws -> GatewayResponse {
    let user = try await authenticator.requireUser(request)
    let wish = try await JSONBody.read(from: request, within: services.configuration.http.handshakeTimeout)
    guard wish == nil || wish?.object != nil else { throw RouteError.invalid("invalid_type", "Invalid request: expected an object") }
    let seconds = try lifetime(wish?["expires_after"])
    var session = try session(wish?["session"])
    var generator = SystemRandomNumberGenerator()
    session["object"] = .string("realtime.session")
    session["id"] = .string("sess_" + SessionID(using: &generator).rawValue.dropFirst(3))
    let end = min(services.now() + .seconds(seconds), user.expiresAt)
    var answer = JSONObject()
    var holder = user
    holder.session = JSONWriter.write(.object(session))
    answer["value"] = .string(try await mint(.clientSecret, for: holder, lifetime: .seconds(seconds)))
    answer["expires_at"] = .number(String(end.milliseconds / 1_000))
    answer["session"] = .object(session)
    return .json(JSONValue.object(answer))
  }

  /// Seconds that the key lives.
  private func lifetime(_ wish: JSONValue?) throws -> Int {
    guard let wish, wish != .null else { return 600 }
    guard wish.object != nil else { throw RouteError.invalid("invalid_type", "Invalid 'expires_after': expected an object") }
    guard wish["anchor"] == nil || wish["anchor"]?.string == "created_at" else {
      throw RouteError.invalid("invalid_value", "Invalid 'expires_after.anchor': expected created_at")
    }
    guard let value = wish["seconds"], value != .null else { return 600 }
    guard let seconds = value.integer, (10...7_200).contains(seconds) else {
      throw RouteError.invalid("invalid_value", "Invalid 'expires_after.seconds': expected a value from 10 to 7200")
    }
    return seconds
  }

  /// Returns the requested session, completed with defaults.
  private func session(_ wish: JSONValue?) throws -> JSONObject {
    var session = JSONObject()
    if let wish, wish != .null {
      guard let members = wish.object else { throw RouteError.invalid("invalid_type", "Invalid 'session': expected an object") }
      session = members
    }
    switch session["type"] ?? .string("realtime") {
    case .string("realtime"):
      session["type"] = .string("realtime")
      let model = session["model"] ?? .string(services.configuration.upstream.model)
      guard let name = model.string else { throw RouteError.invalid("invalid_type", "Invalid 'session.model': expected a string") }
      guard services.configuration.upstream.allows(model: name) else { throw RouteError.modelNotAllowed("session.model") }
      session["model"] = model
    case .string("transcription"): break
    default: throw RouteError.invalid("invalid_value", "Invalid 'session.type': expected realtime or transcription")
    }
    if let model = session["audio"]?["input"]?["transcription"]?["model"]?.string {
      guard services.configuration.upstream.allows(transcriptionModel: model) else {
        throw RouteError.modelNotAllowed("session.audio.input.transcription.model")
      }
    }
    return session
  }

  private func mint(_ kind: EphemeralTokens.Kind, for user: VerifiedToken, lifetime: Duration) async throws -> String {
    var generator = SystemRandomNumberGenerator()
    guard let secret = try await services.ephemeralTokens.mint(kind, for: user, lifetime: lifetime, using: &generator) else {
      throw RouteError.tooMany("Too many tickets and keys are waiting to be used", retryAfter: Int(Self.ticketLifetime.components.seconds))
    }
    return secret.expose()
  }
}
