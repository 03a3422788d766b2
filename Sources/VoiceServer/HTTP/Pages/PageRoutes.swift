import Hummingbird

/// `/`, the demo page, where it is served.
struct PageRoutes: Sendable {
  let servesDemoPage: Bool
  let caller: Caller

  var routes: [Route] {
    guard servesDemoPage else { return [] }
    let page = Page(html: String(decoding: PackageResources.demo_html, as: UTF8.self))
    return [
      Route(
        "/",
        [
          .get: { _, _ in
            var generator = SystemRandomNumberGenerator()
            return page.response(using: &generator)
          }
        ])
    ]
  }
}
