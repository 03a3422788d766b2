import HTTPTypes
public import Hummingbird
public import VoiceGateway

extension RouterMethods {
  /// Adds the gateway's plain routes: state, sessions, limits, tickets, client secrets, and stats and metrics where there are any.
  ///
  /// Limits by address, and the admin by loopback, need a context that knows the peer: a `RemoteAddressRequestContext`.
  @discardableResult public func addVoiceRoutes(_ gateway: VoiceGateway) -> Self {
    let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
    let responder = RouteResponder<Context>(gateway.routeTable(adding: []))
    for path in gateway.routes {
      for method in methods { on(RouterPath(path), method: method, responder: responder) }
    }
    return self
  }
}
