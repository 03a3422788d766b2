import HTTPTypes

/// The state of the gateway: liveness, readiness and health for every caller, stats and metrics for the admin where there are any.
struct StateRoutes: Sendable {
  let services: RouteDependencies

  var routes: [Route] {
    var routes = [
      Route("/livez", [.get: { _ in .text("ok\n") }]),
      Route(
        "/readyz",
        [
          .get: { _ in
            switch services.sessions.phase {
            case .ready: .text("ready\n")
            case .starting: .text("starting\n", status: .serviceUnavailable)
            case .draining: .text("draining\n", status: .serviceUnavailable)
            }
          }
        ]),
      Route("/v1/voice/health", isCrossOrigin: true, [.get: { _ in .json(await services.health()) }]),
    ]
    if let stats = services.stats {
      routes.append(
        Route(
          "/v1/voice/stats", access: .admin, isCrossOrigin: true,
          [
            .get: { call in
              let name = call.request.query("scope") ?? StatsScope.instance.rawValue
              guard let scope = StatsScope(rawValue: name) else {
                throw RouteError.invalid("invalid_value", "Invalid 'scope': expected instance or cluster")
              }
              return .json(await stats(scope))
            }
          ]))
    }
    if let metrics = services.metrics {
      routes.append(
        Route(
          "/metrics", access: .admin,
          [
            .get: { call in
              let page = await metrics(call.request.head.headerFields[.accept])
              return .text(page.text, type: page.contentType)
            }
          ]))
    }
    return routes
  }
}
