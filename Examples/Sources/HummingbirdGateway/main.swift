import DocumentIndex
import Foundation
import Hummingbird
import Logging
import NIOPosix
import RAGPrefetch
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceHummingbird
import VoiceTelemetry
import VoiceTransport

let environment = ProcessInfo.processInfo.environment
let logger = Logger(label: "shop")
var configuration = GatewayConfiguration()
configuration.upstream = .server(
  environment["OPENAI_REALTIME_URL"] ?? "wss://api.openai.com/v1/realtime", key: Secret(environment["OPENAI_API_KEY"] ?? ""))
configuration.limits.sessionsPerWindow = 5
configuration.prefetch = Prefetcher(PrefetchConfiguration())
let redis = try configuration.redis(
  environment["REDIS_URL"] ?? "redis://127.0.0.1", group: MultiThreadedEventLoopGroup.singleton, logger: logger)
let documents = try EmbeddedIndex(.folder(URL(filePath: environment["RAG_DOCUMENTS"] ?? "documents")), logger: logger)
let stats = StatsCollector(now: UnixTime.now)
let verifier = try JWTVerifier(secret: Secret(environment["JWT_SECRET"] ?? ""))
var dependencies = GatewayDependencies(verifier: verifier, connector: NIORealtimeConnector(), observer: stats, logger: logger)
dependencies.use(redis)
dependencies.retriever = documents
let gateway = try VoiceGateway(configuration, dependencies)
let router = Router()
router.get("/") { _, _ in "A shop with a voice" }
router.get("/figures") { _, _ in "\(stats.snapshot())" }
router.addVoiceRoutes(gateway)
let shop = Application(router: router, server: .voice(gateway), services: redis.services + [documents, gateway], logger: logger)
try await shop.runService()
