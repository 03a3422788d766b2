import HTTPTypes
import Hummingbird
import VoiceAuth
import VoiceCore
import VoiceGateway

/// What is minted for the holder of a valid JWT: tickets, and keys in OpenAI's shape.
struct TokenRoutes: Sendable {
  static let ticketLifetime = Duration.seconds(30)
  let services: RouteServices
  let caller: Caller

  private struct Ticket: Codable {
    var ticket: String
    var expiresIn: Int64
    enum CodingKeys: String, CodingKey {
      case ticket
      case expiresIn = "expires_in"
    }
  }

  private struct KeyRequest: Codable {
    struct Expiry: Codable {
      var anchor: String?
      var seconds: Int?
    }
    var expiresAfter: Expiry?
    var session: JSONValue?
    enum CodingKeys: String, CodingKey {
      case expiresAfter = "expires_after"
      case session
    }
  }

  private struct Key: Codable {
    var value: String
    var expiresAt: Int64
    var session: JSONValue
    enum CodingKeys: String, CodingKey {
      case value
      case expiresAt = "expires_at"
      case session
    }
  }

  var routes: [Route] {
    [
      Route(
        "/v1/voice/tickets",
        [
          .post: { request, _ in
            let user = try await caller.requireUser(request)
            _ = try await JSONBody.read(JSONValue.self, from: request, within: services.settings.http.handshakeTimeout)
            let ticket = try await mint(.ticket, for: user, lifetime: Self.ticketLifetime)
            return JSONBody.response(Ticket(ticket: ticket, expiresIn: Self.ticketLifetime.components.seconds))
          }
        ]),
      Route("/v1/realtime/client_secrets", [.post: { request, _ in try await key(for: request) }]),
    ]
  }

  private func key(for request: Request) async throws -> Response {
    let user = try await caller.requireUser(request)
    let wish = try await JSONBody.read(KeyRequest.self, from: request, within: services.settings.http.handshakeTimeout)
    let seconds = wish?.expiresAfter?.seconds ?? 600
    guard (10...7_200).contains(seconds) else {
      throw APIError.invalid("invalid_value", "Invalid 'expires_after.seconds': expected a value from 10 to 7200")
    }
    guard (wish?.expiresAfter?.anchor ?? "created_at") == "created_at" else {
      throw APIError.invalid("invalid_value", "Invalid 'expires_after.anchor': expected created_at")
    }
    var session = try session(wish?.session)
    var generator = SystemRandomNumberGenerator()
    session["object"] = .string("realtime.session")
    session["id"] = .string("sess_" + SessionID(using: &generator).rawValue.dropFirst(3))
    let end = min(services.now() + .seconds(seconds), user.expiresAt)
    let value = try await mint(.clientSecret, for: user, lifetime: .seconds(seconds))
    return JSONBody.response(Key(value: value, expiresAt: end.milliseconds / 1_000, session: .object(session)))
  }

  /// What the client asked for, with the defaults that every session has.
  private func session(_ wish: JSONValue?) throws -> [String: JSONValue] {
    var session: [String: JSONValue] = [:]
    if let wish {
      guard case .object(let members) = wish else { throw APIError.invalid("invalid_type", "Invalid 'session': expected an object") }
      session = members
    }
    switch session["type"]?.string ?? "realtime" {
    case "realtime":
      session["type"] = .string("realtime")
      if session["model"]?.string == nil { session["model"] = .string(services.settings.upstream.model) }
    case "transcription": break
    default: throw APIError.invalid("invalid_value", "Invalid 'session.type': expected realtime or transcription")
    }
    return session
  }

  private func mint(_ kind: ShortTokens.Kind, for user: VerifiedToken, lifetime: Duration) async throws -> String {
    var generator = SystemRandomNumberGenerator()
    guard let secret = try await services.shortTokens.mint(kind, for: user, lifetime: lifetime, using: &generator) else {
      throw APIError.tooMany("Too many tickets and keys are waiting to be used", retryAfter: Int(Self.ticketLifetime.components.seconds))
    }
    return secret.expose()
  }
}
