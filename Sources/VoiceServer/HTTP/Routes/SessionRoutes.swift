import HTTPTypes
import Hummingbird
import RateLimiting
import SessionStore
import VoiceCore
import VoiceGateway

/// Sessions and limits: `/v1/voice/sessions/{id}` for the session's own user or the admin, for everybody else there is no such session;
/// `/v1/voice/sessions` and `/v1/voice/limits/{user}` for the admin alone.
struct SessionRoutes: Sendable {
  let services: RouteServices
  let caller: Caller

  var routes: [Route] {
    [
      Route(
        "/v1/voice/sessions/:id", isCrossOrigin: true,
        [
          .get: { request, context in
            let (session, _) = try await find(request, context)
            return JSONBody.response(SessionView.json(session, isActive: services.sessions.isRunning(session.id)))
          },
          .delete: { request, context in
            // Not read: what is damaged can be deleted all the same.
            let identity = try await caller.identify(request, context)
            guard let id = context.parameters.get("id").flatMap({ SessionID($0) }) else { throw APIError.sessionNotFound }
            if case .user(let token) = identity, !token.userID.isSameUser(as: try await services.sessions.user(of: id)) {
              throw APIError.sessionNotFound
            }
            guard try await services.sessions.end(id) else { throw APIError.sessionNotFound }
            return Response(status: .noContent)
          },
        ]),
      Route(
        "/v1/voice/sessions",
        [
          .get: { request, context in
            try await caller.requireAdmin(request, context)
            return JSONBody.response(try await list(of: request.uri.queryParameters.get("user")))
          }
        ]),
      Route(
        "/v1/voice/limits/:user",
        [
          .delete: { request, context in
            try await caller.requireAdmin(request, context)
            guard let user = context.parameters.get("user"), !user.isEmpty else { throw APIError.notFound }
            try await services.limiter.reset(user: PercentCoding.decoded(user.utf8, plusIsSpace: false))
            return Response(status: .noContent)
          }
        ]),
    ]
  }

  /// A user's sessions wherever they run, or all that run on this instance.
  private func list(of user: String?) async throws -> SessionList {
    let names = if let user { try await services.store.sessions(of: user) } else { services.sessions.runningSessions }
    var entries: [SessionList.Entry] = []
    for name in names.prefix(Self.longestList) {
      guard let session = try await stored(name) else { continue }
      entries.append(.init(session, isActive: services.sessions.isRunning(name)))
    }
    return SessionList(sessions: entries)
  }

  private static let longestList = 1_000

  private func find(_ request: Request, _ context: APIContext) async throws -> (StoredSession, Caller.Identity) {
    let identity = try await caller.identify(request, context)
    guard let id = context.parameters.get("id").flatMap({ SessionID($0) }), let session = try await stored(id) else {
      throw APIError.sessionNotFound
    }
    switch identity {
    case .admin: return (session, identity)
    case .user(let token):
      guard token.userID.isSameUser(as: session.userID) else { throw APIError.sessionNotFound }
      return (session, identity)
    }
  }

  /// Nil also for one that cannot be read.
  private func stored(_ id: SessionID) async throws -> StoredSession? {
    do { return try await services.store.load(id) } catch is UnreadableSession { return nil }
  }
}
