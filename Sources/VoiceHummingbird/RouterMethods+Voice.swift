import HTTPTypes
public import Hummingbird
public import VoiceGateway

extension RouterMethods {
  /// Adds the gateway's plain routes: liveness, readiness, health, and the end of a session.
  @discardableResult public func addVoiceRoutes(_ gateway: VoiceGateway) -> Self {
    let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
    for route in VoiceGateway.routes {
      for path in route.hasPrefix("/v1/") ? [route, "/api" + route] : [route] {
        for method in methods {
          on(RouterPath(path), method: method) { request, _ -> Response in
            guard let answer = await gateway.respond(to: request.head) else { throw HTTPError(.notFound) }
            let body = request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: answer.body)
            return Response(status: answer.head.status, headers: answer.head.headerFields, body: body)
          }
        }
      }
    }
    return self
  }
}
