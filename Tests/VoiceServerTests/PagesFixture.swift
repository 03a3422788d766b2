import Foundation
import HTTPTypes
import NIOCore
import VoiceAuth
import VoiceCore
import VoiceTelemetry

@testable import VoiceGateway
@testable import VoiceServer

/// The routes that the server adds to the gateway's, with everything behind them in memory.
struct PagesFixture: Sendable {
  struct Answer {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Data
  }

  private struct Closed: TokenVerifier {
    func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal> { .failure(TokenRefusal(.invalid, "every token is")) }
  }

  let gateway: VoiceGateway
  private let table: RouteTable

  init(servesDemoPage: Bool = false, _ adjust: (inout Settings) -> Void = { _ in }) throws {
    var settings = Settings()
    adjust(&settings)
    let now: @Sendable () -> UnixTime = { UnixTime(seconds: 1_795_230_000) }
    let stats = StatsCollector(now: now)
    let gateway = try VoiceGateway(settings.gateway, GatewayDependencies(verifier: Closed(), wallClock: now))
    let feed = DashboardFeed(
      isDraining: { gateway.phase == .draining },
      frame: { [settings] _ in
        DashboardFrame(
          settings, now: now(), stats: stats.report(), health: await gateway.health(), flags: FeatureFlags(), points: [], turns: [],
          days: [])
      })
    table = gateway.routeTable(
      adding: DashboardRoutes(feed: feed).routes + PageRoutes(servesDemoPage: servesDemoPage, isSimulated: false).routes)
    self.gateway = gateway
  }

  func respond(_ path: String, headers: HTTPFields = [:]) async throws -> GatewayResponse {
    let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost:8080", path: path, headerFields: headers)
    return try await table.respond(to: GatewayRequest(head, peer: "127.0.0.1")) ?? table.notFound
  }

  /// The whole answer, of a stream until it ends.
  func get(_ path: String, headers: HTTPFields = [:]) async throws -> Answer {
    let response = try await respond(path, headers: headers)
    var body = Data(response.body.readableBytesView)
    if let stream = response.stream { for try await part in stream { body += part.readableBytesView } }
    return Answer(status: response.head.status, headers: response.head.headerFields, body: body)
  }
}
