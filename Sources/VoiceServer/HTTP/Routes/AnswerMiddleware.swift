import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1

/// Turns every error into a JSON answer, and adds to every answer the header fields that keep browsers careful.
struct AnswerMiddleware: RouterMiddleware {
  typealias Context = APIContext
  let headers: HTTPFields

  func handle(
    _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
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
    for field in headers where response.headers[field.name] == nil { response.headers[field.name] = field.value }
    context.logger.debug(
      "answered", metadata: ["method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)"])
    return response
  }
}
