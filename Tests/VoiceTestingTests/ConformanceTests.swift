import Foundation
import HTTPTypes
import NIOCore
import NIOEmbedded
import RAGPrefetch
import Testing
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceSimulator
import VoiceTesting

/// The rules of each port, against implementations that need no network.
@Suite struct ConformanceTests {
  private static let texts = [
    "The warranty of a watch can be extended for two years.", "Opened items go back within fourteen days.", "A watch runs on a battery.",
  ]

  @Test(arguments: ContextRetrieverConformance.rules)
  func `retrievers, and those around them, keep the rules`(rule: ConformanceRule<ContextRetrieverConformance.Subject>) async throws {
    let plain = ScriptedRetriever(texts: Self.texts)
    let all: [any ContextRetriever] = [
      plain, CachedRetriever(plain, now: { .uptimeNanoseconds(1) }), MergedRetriever([plain, ScriptedRetriever(texts: [])]),
    ]
    for retriever in all {
      try await rule.check(.init(retriever: retriever, question: "warranty of my watch", unrelated: "zebras galore"))
    }
  }

  @Test(arguments: TokenVerifierConformance.rules)
  func `a verifier of JSON Web Tokens keeps the rules`(rule: ConformanceRule<TokenVerifierConformance.Subject>) async throws {
    let secret = Secret("0123456789abcdef0123456789abcdef")
    let now = UnixTime(seconds: 1_795_230_000)
    let verifier = try JWTVerifier(keys: KeySet([VerificationKey(secret: secret)]), now: { now })
    let minter = try TokenMinter(secret: secret)
    try await rule.check(
      .init(verifier: verifier) { user, lifetime in
        lifetime > .zero
          ? minter.mint(user: user, plan: "elite", lifetime: lifetime, now: now)
          : minter.mint(user: user, plan: "elite", lifetime: .seconds(60), now: now + lifetime)
      })
  }

  private struct Weather: ToolProvider {
    let tools = [ToolDefinition(name: "weather", description: "The sky.", parameters: #"{"type":"object","properties":{}}"#)]
    func output(of call: ToolCall) async throws -> String { call.name == "weather" ? "clear" : #"{"error":"no such tool"}"# }
  }

  @Test(arguments: ToolProviderConformance.rules)
  func `tools in memory and behind URLs keep the rules`(rule: ConformanceRule<ToolProviderConformance.Subject>) async throws {
    try await rule.check(.init(provider: Weather(), name: "weather", arguments: "{}"))
    let client = ScriptedHTTPClient { _ in (200, #"{"sky":"clear"}"#) }
    let url = try #require(URLComponents(string: "http://tools/weather"))
    let remote = HTTPToolProvider([HTTPTool(definition: Weather().tools[0], url: url)], client: client)
    try await rule.check(.init(provider: remote, name: "weather", arguments: #"{"city":"Rome"}"#))
  }

  @Test(arguments: RealtimeConnectorConformance.rules)
  func `the simulator in memory, by itself and behind a choice of servers, keeps the rules`(
    rule: ConformanceRule<RealtimeConnectorConformance.Subject>
  ) async throws {
    var target = RealtimeTarget(url: "ws://simulator/v1/realtime?model=gpt-realtime-2.1")
    target.headers[.authorization] = "Bearer key"
    for connector in [SimulatorConnector(), FailoverConnector(SimulatorConnector())] as [any RealtimeConnector] {
      let loop = NIOAsyncTestingEventLoop()
      try await rule.check(
        .init(connector: connector, target: target, eventLoop: loop, pass: { await loop.advanceTime(by: .milliseconds(5)) }))
      await loop.shutdownGracefully()
    }
  }

  @Test func `a violation names its rule and what was found`() async {
    let liar = ScriptedRetriever { _, _ in [Passage(text: "", score: 1), Passage(text: "x", score: 2)] }
    await #expect(throws: ConformanceViolation.self) {
      for rule in ContextRetrieverConformance.rules { try await rule.check(.init(retriever: liar, question: "q", unrelated: "u")) }
    }
  }

  @Test func `a scripted upstream opens, answers and remembers`() {
    let loop = EmbeddedEventLoop()
    let upstream = ScriptedUpstream(on: loop) { text in text.contains("response.create") ? [#"{"type":"response.created"}"#] : [] }
    let record = Listener()
    upstream.connect(to: RealtimeTarget(url: "ws://any"), on: loop) { connection in
      record.connection = connection
      return record
    } failed: { _ in
    }
    loop.run()
    record.connection?.send(RealtimeMessage(ByteBuffer(string: #"{"type":"response.create"}"#)))
    record.connection?.flush()
    loop.run()
    #expect(record.texts.count == 2 && record.texts[1].contains("response.created"))
    #expect(upstream.connections[0].sentText == [#"{"type":"response.create"}"#])
  }

  private final class Listener: RealtimeConnectionDelegate {
    var connection: (any RealtimeConnection)?
    var texts: [String] = []
    func received(_ message: RealtimeMessage) { texts.append(String(buffer: message.bytes)) }
    func readCompleted() {}
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {}
  }
}
