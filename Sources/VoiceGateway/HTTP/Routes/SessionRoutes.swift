import HTTPTypes
import RateLimiting
import SessionStore
import VoiceCore

/// Sessions and limits: `/v1/voice/sessions/{id}` for the session's own user or the admin, for all others there is no such session;
/// `/v1/voice/sessions` and `/v1/voice/limits/{user}` for the admin alone.
struct SessionRoutes: Sendable {
  let services: RouteDependencies
  let authenticator: RequestAuthenticator

  var routes: [Route] {
    [
      Route(
        "/v1/voice/sessions/:id", isCrossOrigin: true,
        [
          .get: { call in
            let session = try await find(call)
            return .json(SessionView.json(session, isActive: services.sessions.isRunning(session.id)))
          },
          .delete: { call in
            // Not read: what is damaged can be deleted all the same.
            let identity = try await authenticator.identify(call.request)
            guard let id = SessionID(call.parameter) else { throw RouteError.sessionNotFound }
            if case .user(let token) = identity, !token.userID.isSameUser(as: try await services.sessions.user(of: id)) {
              throw RouteError.sessionNotFound
            }
            guard try await services.sessions.end(id) else { throw RouteError.sessionNotFound }
            return GatewayResponse(.noContent)
          },
        ]),
      Route(
        "/v1/voice/sessions", access: .admin, [.get: { call in .json(try await list(of: call.request.query("user"))) }]),
      Route(
        "/v1/voice/limits/:user", access: .admin,
        [
          .delete: { call in
            try await services.limiter.reset(user: PercentCoding.decoded(call.parameter.utf8, plusIsSpace: false))
            return GatewayResponse(.noContent)
          }
        ]),
    ]
  }

  /// A user's sessions wherever they run, or all that run on this instance.
  private func list(of user: String?) async throws -> SessionList {
    let names = if let user { try await services.store.sessions(of: user) } else { services.sessions.runningSessions }
    var entries: [SessionList.Entry] = []
    for name in names.prefix(Self.longestList) {
      let found: StoredSession?
      // What memory alone was not told of is left out while Redis is away.
      do { found = try await stored(name) } catch let error as RedisError where error.isOutage { continue }
      guard let session = found else { continue }
      entries.append(.init(session, isActive: services.sessions.isRunning(name)))
    }
    return SessionList(sessions: entries)
  }

  private static let longestList = 1_000

  private func find(_ call: RouteCall) async throws -> StoredSession {
    let identity = try await authenticator.identify(call.request)
    guard let id = SessionID(call.parameter), let session = try await stored(id) else { throw RouteError.sessionNotFound }
    if case .user(let token) = identity, !token.userID.isSameUser(as: session.userID) { throw RouteError.sessionNotFound }
    return session
  }

  /// Nil also for one that cannot be read.
  private func stored(_ id: SessionID) async throws -> StoredSession? {
    do { return try await services.store.load(id) } catch is UnreadableSession { return nil }
  }
}
