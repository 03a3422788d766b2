import Foundation
import NIOPosix
import ServiceLifecycle
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTransport

// JWT_SECRET=… OPENAI_API_KEY=… NIOGateway: the gateway on a listener of one's own, with limits and sessions in memory.
let environment = ProcessInfo.processInfo.environment
var configuration = GatewayConfiguration()
configuration.upstream = .openAI(key: Secret(environment["OPENAI_API_KEY"] ?? ""), url: environment["OPENAI_REALTIME_URL"])
let verifier = try JWTVerifier(secret: Secret(environment["JWT_SECRET"] ?? ""))
let gateway = try VoiceGateway(configuration, GatewayDependencies(verifier: verifier))
let listener = try await WebSocketListener.bind(
  host: "127.0.0.1", port: environment["PORT"].flatMap(Int.init) ?? 8080, group: MultiThreadedEventLoopGroup.singleton,
  upgrader: gateway.upgrader())
print("ws://127.0.0.1:\(listener.port)/v1/realtime")
fflush(nil)  // also into a pipe
try await withThrowingTaskGroup(of: Void.self) { tasks in
  tasks.addTask { try await listener.run() }
  // At SIGTERM the sessions end with their turn; then the listener goes.
  try await ServiceGroup(services: [gateway], gracefulShutdownSignals: [.sigterm, .sigint], logger: .init(label: "voice")).run()
  tasks.cancelAll()
}
