import HTTPTypes
import Hummingbird
import NIOCore
import TelemetryExport
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTelemetry

extension Routes {
  init(_ services: RouteServices) {
    let http = services.settings.http
    let caller = Caller(
      adminToken: http.adminToken, trustsLoopback: http.adminLoopback, trustedProxies: http.trustedProxies, verifier: services.verifier)
    // Judged with the settings.
    crossOrigin = try? CrossOrigin(allowed: http.allowedOrigins)
    headers = BrowserSafety.headers(isSecure: http.tlsCertificateFile != nil)
    routes = [
      Route("/livez", [.get: { _, _ in Self.text("ok\n") }]),
      Route(
        "/readyz",
        [
          .get: { _, _ in
            switch services.lifecycle.phase {
            case .ready: Self.text("ready\n")
            case .starting: Self.text("starting\n", status: .serviceUnavailable)
            case .draining: Self.text("draining\n", status: .serviceUnavailable)
            }
          }
        ]),
      Route("/v1/voice/health", isCrossOrigin: true, [.get: { _, _ in JSONBody.response(await Self.health(services)) }]),
    ]
    routes += FigureRoutes(services: services, caller: caller).routes
    routes += SessionRoutes(services: services, caller: caller).routes
    routes += TokenRoutes(services: services, caller: caller).routes
    routes += PageRoutes(servesDemoPage: services.servesDemoPage, isSimulated: services.isSimulated).routes
  }

  static func text(_ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8") -> Response {
    Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  static func health(_ services: RouteServices) async -> HealthReport {
    let redis = await services.redis()
    let upstream = services.settings.upstream
    let isEnabled = services.flags().isEnabled
    // Only OpenAI itself is known to want a key.
    let hasUpstreamKey = !upstream.apiKeys.isEmpty || upstream.urls != Settings.Upstream().urls
    return HealthReport(
      status: HealthReport.status(
        phase: services.lifecycle.phase, isEnabled: isEnabled, redis: redis, hasUpstreamKey: hasUpstreamKey, hasKeys: services.hasKeys(),
        isRetrievalDegraded: services.isRetrievalDegraded()),
      featureEnabled: isEnabled, openAIConfigured: !upstream.apiKeys.isEmpty, weaviateEnabled: services.settings.weaviate.url != nil,
      rag: .init(source: services.retrievalSource), redis: redis, activeSessions: services.sessions.activeSessions,
      version: services.settings.telemetry.version, timestamp: ISO8601.text(services.now()))
  }
}
