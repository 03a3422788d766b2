import HTTPTypes
import Hummingbird
import SessionStore
import VoiceCore
import VoiceGateway

/// `/v1/voice/sessions/{id}`: for the session's own user or the admin; for everybody else there is no such session.
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
        ])
    ]
  }

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
