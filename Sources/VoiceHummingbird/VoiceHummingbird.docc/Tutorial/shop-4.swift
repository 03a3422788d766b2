import DocumentIndex
import Hummingbird
import RAGPrefetch
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceHummingbird
import VoiceTelemetry

// The full gateway beside a route of one's own: limits and resume in Redis, context of documents, metrics for the admin.
let environment = Environment()
func setting(_ name: String, _ value: String = "") -> String { environment.get(name) ?? value }
var configuration = GatewayConfiguration()
configuration.upstream = .openAI(key: Secret(setting("OPENAI_API_KEY")), url: environment.get("OPENAI_REALTIME_URL"))
configuration.prefetch = Prefetcher()
configuration.http.adminToken = environment.get("ADMIN_TOKEN").map { Secret($0) }
let redis = try configuration.redis(setting("REDIS_URL", "redis://127.0.0.1"))
let documents = try EmbeddedIndex(.folder(path: setting("DOCUMENTS", "documents")))
let stats = StatsCollector()
var dependencies = GatewayDependencies(verifier: try JWTVerifier(secret: Secret(setting("JWT_SECRET"))), observer: stats)
dependencies.use(redis)
dependencies.retriever = documents
dependencies.metrics = stats.prometheusText(version: "1.0")
let gateway = try VoiceGateway(configuration, dependencies)
let router = Router().get("/") { _, _ in "A shop with a voice" }.addVoiceRoutes(gateway)
let shop = Application(
  router: router, server: .voice(gateway),
  configuration: .init(address: .hostname("127.0.0.1", port: environment.get("PORT", as: Int.self) ?? 8080)),
  services: redis.services + [documents, gateway])
try await shop.runService()
