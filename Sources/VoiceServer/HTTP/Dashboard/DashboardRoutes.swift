import HTTPTypes
import NIOCore
import VoiceGateway

/// The operator's page and the frames that it draws, for the admin.
struct DashboardRoutes: Sendable {
  let feed: DashboardFeed

  var routes: [Route] {
    let page = Page(html: String(decoding: PackageResources.dashboard_html, as: UTF8.self))
    return [
      Route(
        "/dashboard", access: .admin,
        [
          .get: { _ in
            var generator = SystemRandomNumberGenerator()
            return page.response(using: &generator)
          }
        ]),
      Route("/dashboard/events", access: .admin, [.get: { _ in try feed.response() }]),
    ]
  }
}
