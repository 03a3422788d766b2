import Foundation
import VoiceAuth
import VoiceCore
import VoiceGateway

// JWT_SECRET=… OPENAI_API_KEY=… NIOGateway: the gateway on a listener of one's own, with limits and sessions in memory.
let environment = ProcessInfo.processInfo.environment
var configuration = GatewayConfiguration()
configuration.upstream = .openAI(key: Secret(environment["OPENAI_API_KEY"] ?? ""), url: environment["OPENAI_REALTIME_URL"])
let verifier = try JWTVerifier(secret: Secret(environment["JWT_SECRET"] ?? ""))
let gateway = try VoiceGateway(configuration, GatewayDependencies(verifier: verifier))
