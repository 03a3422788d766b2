import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import RateLimiting
import SessionStore
import TelemetryExport
import VoiceAuth
import VoiceCore
import VoiceTelemetry

@testable import VoiceGateway
@testable import VoiceServer

/// The routes with everything behind them in memory. A token is good when it stands for a user here.
struct RoutesFixture: Sendable {
  struct Answer {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Data
    var error: APIError.Body.Detail { get throws { try JSONDecoder().decode(APIError.Body.self, from: body).error } }
  }

  struct Names: TokenVerifier {
    let now: @Sendable () -> UnixTime
    private let users = ["ada": "ada", "bob": "bob", "accent": "Jos\u{E9}"]
    func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal> {
      guard let user = users[token.expose()] else { return .failure(TokenRefusal(.invalid, "nobody's")) }
      return .success(VerifiedToken(userID: user, plan: "elite", expiresAt: now() + .seconds(3_600)))
    }
  }

  final class Control: SessionControl {
    let ended = NIOLockedValueBox<[SessionID]>([])
    let store: MemorySessionStore
    init(store: MemorySessionStore) { self.store = store }
    let running = NIOLockedValueBox<[SessionID]>([])
    var activeSessions: Int { 0 }
    var runningSessions: [SessionID] { running.withLockedValue { $0 } }
    func isRunning(_ session: SessionID) -> Bool { runningSessions.contains(session) }
    func user(of session: SessionID) async throws -> String? { await store.load(session)?.userID }
    func end(_ session: SessionID) async throws -> Bool {
      ended.withLockedValue { $0.append(session) }
      return await store.delete(session)
    }
  }

  let clock = NIOLockedValueBox(UnixTime(seconds: 1_795_230_000))
  let lifecycle = Lifecycle()
  let control: Control
  let sessions: MemorySessionStore
  let limiter: MemoryRateLimiter
  let tokens: ShortTokens
  private let respond: @Sendable (Request, APIContext) async throws -> Response

  init(servesDemoPage: Bool = false, _ adjust: (inout Settings) -> Void = { _ in }) {
    var settings = Settings()
    settings.admission.enabled = true
    adjust(&settings)
    let clock = clock
    let now: @Sendable () -> UnixTime = { clock.withLockedValue { $0 } }
    limiter = MemoryRateLimiter(limit: 1, window: .seconds(3_600), now: now)
    sessions = MemorySessionStore(now: now)
    control = Control(store: sessions)
    tokens = ShortTokens(base: Names(now: now), store: MemoryTicketStore(now: now), now: now)
    let responder = Routes(
      RouteServices(
        settings: settings, lifecycle: lifecycle, sessions: control, store: sessions, limiter: limiter, verifier: Names(now: now),
        shortTokens: tokens,
        stats: StatsCollector(now: now), metrics: { MetricFamily.all(StatsTally(now: now()), version: "test") },
        timeline: Timeline(now: now),
        flags: { FeatureFlags(isEnabled: true, rolloutPercent: 100, betaUsers: [], allowedPlans: []) },
        redis: { HealthReport.Redis() }, retrievalSource: "none",
        servesDemoPage: servesDemoPage, now: now)
    ).responder()
    respond = { try await responder.respond(to: $0, context: $1) }
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
    let channel = NIOAsyncTestingChannel()
    try await channel.connect(to: try SocketAddress(ipAddress: peer, port: 4711)).get()
    let head = HTTPRequest(method: method, scheme: "http", authority: authority, path: path, headerFields: headers)
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
    let context = APIContext(
      source: ApplicationRequestContextSource(channel: channel, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    let response = try await respond(request, context)
    let sink = Sink()
    try await response.body.write(sink)
    _ = try await channel.finish(acceptAlreadyClosed: true)
    return Answer(status: response.status, headers: response.headers, body: Data(sink.bytes.withLockedValue { $0 }))
  }

  private final class Sink: ResponseBodyWriter {
    let bytes = NIOLockedValueBox<[UInt8]>([])
    func write(_ buffer: ByteBuffer) async throws { bytes.withLockedValue { $0 += buffer.readableBytesView } }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}
