import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

@testable import VoiceGateway

/// The routes with everything behind them in memory. A token is good when it stands for a user here.
struct RoutesFixture: Sendable {
  struct Answer {
    private struct Body: Codable { var error: RouteError.Detail }
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Data
    var error: RouteError.Detail { get throws { try JSONDecoder().decode(Body.self, from: body).error } }
  }

  struct Names: TokenVerifier {
    let now: @Sendable () -> UnixTime
    private let users = ["ada": "ada", "bob": "bob", "accent": "Jos\u{E9}"]
    func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal> {
      guard let user = users[token.expose()] else { return .failure(TokenRefusal(.invalid, "an unknown user's")) }
      return .success(VerifiedToken(userID: user, plan: "elite", expiresAt: now() + .seconds(3_600)))
    }
  }

  final class Control: SessionControl {
    let ended = NIOLockedValueBox<[SessionID]>([])
    let running = NIOLockedValueBox<[SessionID]>([])
    let current = NIOLockedValueBox(GatewayPhase.starting)
    let store: MemorySessionStore
    init(store: MemorySessionStore) { self.store = store }
    var phase: GatewayPhase { current.withLockedValue { $0 } }
    var activeSessions: Int { 0 }
    var runningSessions: [SessionID] { running.withLockedValue { $0 } }
    func isRunning(_ session: SessionID) -> Bool { runningSessions.contains(session) }
    func user(of session: SessionID) async throws -> String? { await store.load(session)?.userID }
    func end(_ session: SessionID) async throws -> Bool {
      ended.withLockedValue { $0.append(session) }
      return await store.delete(session)
    }
  }

  /// Stands for what an embedder counts.
  struct Figures: Codable, Equatable { var scope: String }

  let clock = NIOLockedValueBox(UnixTime(seconds: 1_795_230_000))
  let control: Control
  let sessions: MemorySessionStore
  let limiter: MemoryRateLimiter
  let tokens: EphemeralTokens
  private let table: RouteTable

  init(_ adjust: (inout GatewayConfiguration) -> Void = { _ in }) throws {
    var configuration = GatewayConfiguration()
    adjust(&configuration)
    let clock = clock
    let now: @Sendable () -> UnixTime = { clock.withLockedValue { $0 } }
    let verifier = Names(now: now)
    limiter = MemoryRateLimiter(limit: 1, window: .seconds(3_600), now: now)
    sessions = MemorySessionStore(now: now)
    control = Control(store: sessions)
    tokens = EphemeralTokens(base: verifier, store: MemoryTicketStore(now: now), now: now)
    table = RouteTable(
      RouteDependencies(
        configuration: configuration, sessions: control, store: sessions, limiter: limiter, verifier: verifier, ephemeralTokens: tokens,
        isEnabled: { true }, redisHealth: nil, retrievalSource: "none", isDegraded: { false }, stats: { Figures(scope: $0.rawValue) },
        metrics: { accept in ("# \(accept ?? "any")\n", "text/plain; version=0.0.4") }, now: now,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
      origins: try OriginPolicy(allowed: configuration.http.allowedOrigins),
      authenticator: RequestAuthenticator(configuration.http, verifier: verifier))
  }

  func store(_ user: String) async throws -> SessionID {
    var generator = SystemRandomNumberGenerator()
    let id = SessionID(using: &generator)
    let time = UnixTime(seconds: 1_795_230_000)
    try await sessions.save(
      StoredSession(
        id: id, userID: user, plan: "elite", model: "gpt-realtime-2.1", createdAt: time, updatedAt: time,
        items: [StoredItem(id: "item_1", json: #"{"id":"item_1","type":"message","role":"user"}"#)]))
    return id
  }

  func get(_ path: String, from peer: String = "127.0.0.1", headers: HTTPFields = [:], authority: String = "localhost:8080") async throws
    -> Answer
  {
    try await send(.get, path, from: peer, headers: headers, authority: authority)
  }

  func post(_ path: String, _ body: String, type: String = "application/json") async throws -> Answer {
    try await send(.post, path, headers: [.authorization: "Bearer ada", .contentType: type], body: body)
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, from peer: String = "127.0.0.1", headers: HTTPFields = [:],
    authority: String = "localhost:8080", body: String = ""
  ) async throws -> Answer {
    let head = HTTPRequest(method: method, scheme: "http", authority: authority, path: path, headerFields: headers)
    let response =
      try await table.respond(to: GatewayRequest(head, body: ByteBuffer(string: body), peer: peer)) ?? table.notFound
    return Answer(status: response.head.status, headers: response.head.headerFields, body: Data(response.body.readableBytesView))
  }
}
