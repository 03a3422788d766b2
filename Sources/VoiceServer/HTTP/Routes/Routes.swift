import HTTPTypes
import Hummingbird

/// A path and what it takes. Every method that is not there is answered with 405 and `Allow`.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response
  var path: String
  var handlers: [HTTPRequest.Method: Handler]
  /// True if pages of other hosts may call it, as far as the settings allow them.
  var isCrossOrigin = false

  init(_ path: String, isCrossOrigin: Bool = false, _ handlers: [HTTPRequest.Method: Handler]) {
    self.path = path
    self.handlers = handlers
    self.isCrossOrigin = isCrossOrigin
    if let get = handlers[.get], handlers[.head] == nil {
      self.handlers[.head] = { request, context in
        let response = try await get(request, context)
        return Response(status: response.status, headers: response.headers)
      }
    }
    guard isCrossOrigin else { return }
    let allow = (Array(self.handlers.keys) + [.options]).map(\.rawValue).sorted().joined(separator: ", ")
    self.handlers[.options] = { _, _ in Response(status: .noContent, headers: [.allow: allow]) }
  }

  /// `/v1/...` and `/api/v1/...` are the same routes.
  var paths: [String] { path.hasPrefix("/v1/") ? [path, "/api" + path] : [path] }

  /// Returns true if a request's path is this route's; `:name` stands for any one element.
  func matches(_ path: String) -> Bool {
    let elements = path.split(separator: "/")
    return paths.contains { pattern in
      let wanted = pattern.split(separator: "/")
      return wanted.count == elements.count && zip(wanted, elements).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
    }
  }
}

/// The HTTP side of the server: ``responder()`` answers whatever is no WebSocket.
struct Routes: Sendable {
  var routes: [Route]
  /// Header fields of every response.
  var headers: HTTPFields
  var crossOrigin: CrossOrigin?

  private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

  func responder() -> some HTTPResponder<APIContext> {
    let router = Router(context: APIContext.self)
    router.add(middleware: AnswerMiddleware(routes: routes, headers: headers, crossOrigin: crossOrigin))
    for route in routes {
      for path in route.paths {
        for method in Self.methods {
          guard let handler = route.handlers[method] else { continue }
          router.on(RouterPath(path), method: method, use: handler)
        }
      }
    }
    return router.buildResponder()
  }
}
