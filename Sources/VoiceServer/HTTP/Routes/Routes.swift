import HTTPTypes
import Hummingbird

/// A path and what it takes. Every method that is not there is answered with 405 and `Allow`.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response
  var path: String
  var handlers: [HTTPRequest.Method: Handler]

  init(_ path: String, _ handlers: [HTTPRequest.Method: Handler]) {
    self.path = path
    self.handlers = handlers
  }
}

/// The HTTP side of the server: ``responder()`` answers whatever is no WebSocket.
struct Routes: Sendable {
  var routes: [Route]
  /// Of every answer.
  var headers: HTTPFields

  private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

  func responder() -> some HTTPResponder<APIContext> {
    let router = Router(context: APIContext.self)
    router.add(middleware: AnswerMiddleware(headers: headers))
    for route in routes {
      var handlers = route.handlers
      if let get = handlers[.get], handlers[.head] == nil {
        handlers[.head] = { request, context in
          let response = try await get(request, context)
          return Response(status: response.status, headers: response.headers)
        }
      }
      let refusal = APIError.methodNotAllowed(Array(handlers.keys))
      // `/v1/...` and `/api/v1/...` are the same routes.
      for path in route.path.hasPrefix("/v1/") ? [route.path, "/api" + route.path] : [route.path] {
        for method in Self.methods {
          let handler = handlers[method]
          router.on(RouterPath(path), method: method) { request, context in
            guard let handler else { throw refusal }
            return try await handler(request, context)
          }
        }
      }
    }
    return router.buildResponder()
  }
}
