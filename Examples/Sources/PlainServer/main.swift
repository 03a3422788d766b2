import Foundation
import NIOPosix
import VoiceCore
import VoiceSimulator
import VoiceTransport

// The relay alone, between two connections of one's own: no gateway, no limits.
let group = MultiThreadedEventLoopGroup.singleton
// In place of OpenAI: a target of "wss://api.openai.com/v1/realtime" with a key works as well.
let simulator = try await SimulatorServer.bind(group: group, wallClock: { UnixTime.now().milliseconds / 1_000 })
let target = RealtimeTarget(url: simulator.url + "?model=gpt-realtime-2.1", headers: [.authorization: "Bearer key"])
let connector = NIORealtimeConnector()

func isVoice(_ path: Substring) -> Bool { path == "/voice" }
let upgrader = WebSocketUpgrader(isWebSocketPath: isVoice) { request, _ in
  guard request.head.headerFields[.authorization] == "Bearer let-me-in" else {
    return .refuse(.error(.unauthorized, code: "auth_token_invalid", message: "Authentication failed"))
  }
  return .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, eventLoop in
    let session = RealtimeRelay(
      context: SessionContext(id: .random(), model: "gpt-realtime-2.1", hasVoiceEvents: true), client: connection, on: eventLoop,
      configuration: RealtimeRelayConfiguration(hasVoiceEvents: true))
    session.handle.admit(SessionGrant(userID: "ada", plan: nil), connector: connector, target: target)
    return session.clientDelegate
  }
}
let listener = try await WebSocketListener.bind(host: "127.0.0.1", port: 8080, group: group, upgrader: upgrader)
print("ws://127.0.0.1:\(listener.port)/voice")
fflush(nil)  // also into a pipe
try await listener.run()
