import HTTPTypes
import Logging
import SessionStore
import VoiceCore

/// Routes that are answered: whatever goes wrong becomes JSON, and every answer has the header fields that browsers need to be careful, or
/// are allowed to read it.
package struct RouteTable: Sendable {
  package var routes: [Route]
  let crossOrigin: CrossOrigin
  let authenticator: RequestAuthenticator
  let logger: Logger

  /// Answers a request; nil for a path that no route has. Throws what reading the body throws.
  package func respond(to request: GatewayRequest) async throws -> GatewayResponse? {
    let path = request.path
    for route in routes {
      guard let parameter = route.match(path) else { continue }
      return try await respond(to: RouteCall(request: request, parameter: parameter), by: route)
    }
    return nil
  }

  /// The response where no route has the path.
  package var notFound: GatewayResponse { finished(RouteError.notFound.response) }

  private func respond(to call: RouteCall, by route: Route) async throws -> GatewayResponse {
    let head = call.request.head
    var response: GatewayResponse
    do {
      guard let handler = route.handlers[head.method] else { throw RouteError.methodNotAllowed(Array(route.handlers.keys)) }
      // A preflight carries no token.
      if route.access == .admin, head.method != .options { try await authenticator.requireAdmin(call.request) }
      response = try await handler(call)
    } catch let failure as JSONBody.BodyFailure {
      throw failure.cause
    } catch let error as RouteError {
      response = error.response
    } catch let error as RedisError where error.isOutage {
      logger.debug("route not served while Redis is away", metadata: ["path": "\(call.request.path)", "error": "\(error)"])
      response = RouteError.storeUnavailable.response
    } catch {
      logger.error("route failed", metadata: ["path": "\(call.request.path)", "error": "\(error)"])
      response = RouteError.failed.response
    }
    if route.isCrossOrigin {
      var fields = crossOrigin.fields(for: head)
      if head.method == .options {
        for field in crossOrigin.preflightFields(for: head, methods: Array(route.handlers.keys)) { fields[field.name] = field.value }
      }
      for field in fields { response.head.headerFields[field.name] = field.value }
    }
    logger.debug(
      "answered", metadata: ["method": "\(head.method)", "path": "\(call.request.path)", "status": "\(response.head.status.code)"])
    return finished(response)
  }

  private func finished(_ response: GatewayResponse) -> GatewayResponse {
    var response = response
    for field in SecurityHeaders.usual where response.head.headerFields[field.name] == nil {
      response.head.headerFields[field.name] = field.value
    }
    return response
  }
}
