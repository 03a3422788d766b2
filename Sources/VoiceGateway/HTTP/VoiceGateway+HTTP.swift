public import HTTPTypes
public import NIOCore
import VoiceAuth
import VoiceCore

// Routes for whatever HTTP server stands around the gateway.
extension VoiceGateway {
  /// Paths of the plain routes, each served below `/api` too; `:id` and `:user` stand for any one element.
  public var routes: [String] { routeTable.routes.flatMap(\.paths) }

  /// Answers a request for one of the ``routes``; nil for any other path. Throws what reading the body throws.
  public func respond(to request: GatewayRequest) async throws -> GatewayResponse? { try await routeTable.respond(to: request) }

  /// Answers a request whose body is there; nil for a path that is none of the ``routes``.
  ///
  /// - Parameter head: head of the request.
  /// - Parameter body: body of the request.
  /// - Parameter peer: IP address of the connection's peer; nil: unknown, and so neither local nor trusted.
  public func respond(to head: HTTPRequest, body: ByteBuffer = ByteBuffer(), peer: String? = nil) async -> GatewayResponse? {
    try? await routeTable.respond(to: GatewayRequest(head, body: body, peer: peer))
  }

  /// The plain routes, and more behind them.
  package func routeTable(adding routes: [Route]) -> RouteTable {
    var table = routeTable
    table.routes += routes
    return table
  }

  /// The body of `GET /v1/voice/health`.
  package func health() async -> HealthReport { await routeDependencies.health() }

  private var routeTable: RouteTable { RouteTable(routeDependencies, origins: origins, authenticator: authenticator) }

  private var routeDependencies: RouteDependencies {
    RouteDependencies(
      configuration: configuration, sessions: self, store: services.store, limiter: services.limiter, verifier: services.verifier,
      ephemeralTokens: services.ephemeralTokens, isEnabled: { [services] in services.admission().refusalOfAnyone() == nil },
      redisHealth: services.redisHealth, retrievalSource: services.retrievalSource, isDegraded: services.isDegraded, stats: services.stats,
      metrics: services.metrics, now: services.wallClock, logger: services.logger)
  }
}

extension RouteTable {
  init(_ services: RouteDependencies, origins: OriginPolicy, authenticator: RequestAuthenticator) {
    routes =
      StateRoutes(services: services).routes + SessionRoutes(services: services, authenticator: authenticator).routes
      + TokenRoutes(services: services, authenticator: authenticator).routes
    crossOrigin = CrossOrigin(origins: origins)
    self.authenticator = authenticator
    logger = services.logger
  }
}
