import DocumentIndex
import Foundation
import Hummingbird
import Logging
import NIOPosix
import RAGPrefetch
import TelemetryExport
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceHummingbird
import VoiceTelemetry
import VoiceTransport

func setting(_ name: String, _ value: String = "") -> String { ProcessInfo.processInfo.environment[name] ?? value }
let logger = Logger(label: "shop")
var configuration = GatewayConfiguration()
configuration.upstream = .server(
  setting("OPENAI_REALTIME_URL", "wss://api.openai.com/v1/realtime"), key: Secret(setting("OPENAI_API_KEY")))
configuration.limits.sessionsPerWindow = 5
configuration.prefetch = Prefetcher()
let redis = try configuration.redis(
  setting("REDIS_URL", "redis://127.0.0.1"), group: MultiThreadedEventLoopGroup.singleton, logger: logger)
let documents = try EmbeddedIndex(.folder(URL(filePath: setting("RAG_DOCUMENTS", "documents"))), logger: logger)
let (stats, verifier) = (StatsCollector(now: UnixTime.now), try JWTVerifier(secret: Secret(setting("JWT_SECRET"))))
var dependencies = GatewayDependencies(verifier: verifier, connector: NIORealtimeConnector(), observer: stats, logger: logger)
dependencies.use(redis)
dependencies.retriever = documents
let gateway = try VoiceGateway(configuration, dependencies)
let router = Router()
router.get("/") { _, _ in "A shop with a voice" }
router.get("/metrics") { _, _ in PrometheusText.render(stats.metrics(version: "1.0")) }
router.addVoiceRoutes(gateway)
let shop = Application(router: router, server: .voice(gateway), services: redis.services + [documents, gateway], logger: logger)
try await shop.runService()
