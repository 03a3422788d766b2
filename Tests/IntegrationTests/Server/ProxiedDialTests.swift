import NIOPosix
import Testing
import VoiceCore
import VoiceSimulator

/// Upstream behind a proxy of the environment: the name is the proxy's to look up.
@Suite(.timeLimit(.minutes(2))) struct ProxiedDialTests {
  private func settings(_ simulator: SimulatorServer, _ proxy: ScriptedProxy, password: String) throws -> [String: String] {
    let port = try #require(simulator.url.split(separator: ":").last?.prefix { $0.isNumber })
    return [
      "OPENAI_REALTIME_URL": "ws://upstream.example.com:\(port)/v1/realtime", "LOG_LEVEL": "trace",
      "http_proxy": "http://ada:\(password)@127.0.0.1:\(proxy.port)",
    ]
  }

  @Test func `upstream is reached through the proxy, and one that refuses is named without its password`() async throws {
    let simulator = try await SimulatorServer.bind(group: MultiThreadedEventLoopGroup.singleton, wallClock: { 0 })
    defer { simulator.close() }
    let proxy = try await ScriptedProxy.start(authorization: "Basic YWRhOmNhbmFyeS1jcmVk")  // ada:canary-cred
    defer { proxy.stop() }
    let token = try ServerProcess.token()
    try await ServerProcess.with(try settings(simulator, proxy, password: "canary-cred")) { (server: ServerProcess) async throws in
      #expect(try await server.outcome("/v1/realtime?token=\(token)") == "session.created")
      #expect(proxy.requests.count == 1 && proxy.requests[0].hasPrefix("CONNECT upstream.example.com:"))
      #expect(server.process.output.contains("through the proxy http://127.0.0.1:\(proxy.port)"))
      #expect(!server.process.output.contains("canary-cred") && !server.process.output.contains("YWRhOmNhbmFyeS1jcmVk"))
    }
    try await ServerProcess.with(try settings(simulator, proxy, password: "canary-wrong")) { (server: ServerProcess) async throws in
      #expect(try await server.outcome("/v1/realtime?token=\(token)") == "upstream_unavailable")
      _ = try await server.process.line(with: "HTTP 407")
      #expect(!server.process.output.contains("canary-wrong"))
    }
  }
}
