import Hummingbird
import VoiceAuth
import VoiceCore
import VoiceGateway

let environment = Environment()
func setting(_ name: String, _ value: String = "") -> String { environment.get(name) ?? value }
var configuration = GatewayConfiguration()
configuration.upstream = .openAI(key: Secret(setting("OPENAI_API_KEY")), url: environment.get("OPENAI_REALTIME_URL"))
let verifier = try JWTVerifier(secret: Secret(setting("JWT_SECRET")))
let gateway = try VoiceGateway(configuration, GatewayDependencies(verifier: verifier))
let router = Router().get("/") { _, _ in "A shop with a voice" }
let shop = Application(router: router)
try await shop.runService()
