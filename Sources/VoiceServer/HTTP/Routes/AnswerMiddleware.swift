import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1

/// Turns every error into a JSON answer, and adds to every answer the header fields that browsers need to be careful, or allowed.
struct AnswerMiddleware: RouterMiddleware {
  typealias Context = APIContext
  let routes: [Route]
  let headers: HTTPFields
  let crossOrigin: CrossOrigin?

  func handle(
    _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    let route = routes.first { $0.matches(request.uri.path) }
    do {
      if let route, route.handlers[request.method] == nil { throw APIError.methodNotAllowed(Array(route.handlers.keys)) }
      response = try await next(request, context)
    } catch let error as HTTPParserError {
      throw error
    } catch let error as APIError {
      response = try error.response(from: request, context: context)
    } catch let error as HTTPError where error.status.code < 500 {
      let refusal =
        error.status == .notFound ? APIError.notFound : APIError(error.status, code: "invalid_request", error.status.reasonPhrase)
      response = try refusal.response(from: request, context: context)
    } catch {
      context.logger.error("route failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      response = try APIError.failed.response(from: request, context: context)
    }
    if let route, route.isCrossOrigin, let crossOrigin {
      for field in crossOrigin.fields(for: request.head) { response.headers[field.name] = field.value }
      if request.method == .options {
        for field in crossOrigin.preflightFields(for: request.head, methods: Array(route.handlers.keys)) {
          response.headers[field.name] = field.value
        }
      }
    }
    for field in headers where response.headers[field.name] == nil { response.headers[field.name] = field.value }
    context.logger.debug(
      "answered", metadata: ["method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)"])
    return response
  }
}
