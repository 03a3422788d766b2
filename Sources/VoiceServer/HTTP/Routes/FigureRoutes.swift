import HTTPTypes
import Hummingbird
import TelemetryExport
import VoiceAuth
import VoiceCore
import VoiceTelemetry

/// Figures, for the admin: stats, metrics and the dashboard.
struct FigureRoutes: Sendable {
  let services: RouteServices
  let caller: Caller

  var routes: [Route] {
    let page = Page(html: String(decoding: PackageResources.dashboard_html, as: UTF8.self))
    let feed = DashboardFeed(isDraining: { services.lifecycle.phase == .draining }, frame: frame)
    return [
      Route(
        "/v1/voice/stats",
        [
          .get: { request, context in
            try await caller.requireAdmin(request, context)
            return JSONBody.response(try await stats(scope: request.uri.queryParameters.get("scope")))
          }
        ]),
      Route(
        "/metrics",
        [
          .get: { request, context in
            try await caller.requireAdmin(request, context)
            let format = PrometheusFormat(accept: request.headers[.accept])
            return Routes.text(PrometheusText.render(services.metrics(), as: format), type: format.contentType)
          }
        ]),
      Route(
        "/dashboard",
        [
          .get: { request, context in
            try await caller.requireAdmin(request, context)
            var generator = SystemRandomNumberGenerator()
            return page.response(using: &generator)
          }
        ]),
      Route(
        "/dashboard/events",
        [
          .get: { request, context in
            try await caller.requireAdmin(request, context)
            return try feed.response()
          }
        ]),
    ]
  }

  private func stats(scope: String?) async throws -> StatsReport {
    let own = StatsReport(services.stats.snapshot(), startedAt: services.stats.startedAt, now: services.now())
    switch scope {
    case nil, "instance": return own
    // Without Redis this instance is all that is known of.
    case "cluster": return await services.clusterStats(services.now()) ?? own
    default: throw APIError.invalid("invalid_value", "Invalid 'scope': expected instance or cluster")
    }
  }

  @Sendable private func frame(after: Int64) async -> DashboardFrame {
    let now = services.now()
    let view = services.timeline.view(after: after)
    let flags = services.flags()
    return DashboardFrame(
      now: now.milliseconds, version: services.settings.telemetry.version,
      stats: await services.clusterStats(now) ?? StatsReport(services.stats.snapshot(), startedAt: services.stats.startedAt, now: now),
      health: await Routes.health(services),
      rollout: .init(
        isEnabled: flags.isEnabled, percent: flags.rolloutPercent, plans: flags.allowedPlans.sorted(), betaUsers: flags.betaUsers.count),
      thresholds: .init(p95: 800, errors: 0.02, budget: services.settings.telemetry.budgetPerDay), points: view.points,
      turns: view.turns, days: await services.days())
  }
}
