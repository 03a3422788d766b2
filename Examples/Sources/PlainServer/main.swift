import Foundation
import Logging
import NIOPosix
import VoiceCore
import VoiceSimulator
import VoiceTransport

struct Silent: RelayObserver {
  func observed(_ event: RelayEvent, in session: SessionContext) {}
}

let group = MultiThreadedEventLoopGroup.singleton
let now = { @Sendable in UnixTime(seconds: Int64(Date().timeIntervalSince1970)) }
// In place of OpenAI: a target of "wss://api.openai.com/v1/realtime" with a key works as well.
let simulator = try await SimulatorServer.bind(group: group, wallClock: { now().milliseconds / 1_000 })
let target = RealtimeTarget(url: simulator.url + "?model=gpt-realtime-2.1", headers: [.authorization: "Bearer key"])
let connector = NIORealtimeConnector()

func isVoice(_ path: Substring) -> Bool { path == "/voice" }
let upgrader = WebSocketUpgrader(isWebSocketPath: isVoice) { request, _ in
  guard request.head.headerFields[.authorization] == "Bearer let-me-in" else {
    return .refuse(.error(.unauthorized, code: "auth_token_invalid", message: "Authentication failed"))
  }
  return .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, eventLoop in
    var random = SystemRandomNumberGenerator()
    let session = RealtimeRelay(
      context: SessionContext(id: SessionID(using: &random), model: "gpt-realtime-2.1", hasVoiceEvents: true),
      client: connection, on: eventLoop, configuration: RealtimeRelayConfiguration(hasVoiceEvents: true), observer: Silent(),
      wallClock: now, logger: Logger(label: "voice"))
    session.handle.admit(SessionGrant(userID: "ada", plan: nil), connector: connector, target: target)
    return session.clientDelegate
  }
}
let listener = try await WebSocketListener.bind(host: "127.0.0.1", port: 8080, group: group, upgrader: upgrader)
print("ws://127.0.0.1:\(listener.port)/voice")
try await listener.run()
