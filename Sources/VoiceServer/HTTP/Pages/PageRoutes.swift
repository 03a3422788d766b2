import HTTPTypes
import NIOCore
import VoiceGateway

/// Routes of the demo page, where it is served: `/`, and `/voice-realtime.js`, the browser client that it runs on.
struct PageRoutes: Sendable {
  let servesDemoPage: Bool
  /// True where the built-in simulator answers in place of a model: the page says so.
  let isSimulated: Bool

  var routes: [Route] {
    guard servesDemoPage else { return [] }
    let page = Page(html: Self.demo(isSimulated: isSimulated))
    let client = PackageResources.voice_realtime_js
    return [
      Route(
        "/",
        [
          .get: { _ in
            var generator = SystemRandomNumberGenerator()
            return page.response(using: &generator)
          }
        ]),
      Route(
        "/voice-realtime.js",
        [
          .get: { _ in
            GatewayResponse(.ok, headers: [.contentType: "text/javascript; charset=utf-8"], body: ByteBuffer(bytes: client))
          }
        ]),
    ]
  }

  static func demo(isSimulated: Bool) -> String {
    let html = String(decoding: PackageResources.demo_html, as: UTF8.self)
    return isSimulated ? html.replacing("<body>", with: "<body data-upstream=\"simulator\">", maxReplacements: 1) : html
  }
}
