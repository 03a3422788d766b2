import Foundation
import NIOPosix
import RedisTesting
import Testing
import VoiceAuth
import VoiceCore
import VoiceSimulator

@testable import VoiceServer

/// Two gateways, each a process of its own, on one Redis and with one upstream.
@Suite(.needsRedis, .timeLimit(.minutes(10)))
struct TwoInstancesTests {
  private func token(_ user: String = "ada") throws -> String {
    try TokenMinter(secret: Secret(GatewayProcess.secret)).mint(user: user, plan: "elite", now: UnixTime.now()).expose()
  }

  private func withTwo(
    _ environment: [String: String] = [:], _ body: (GatewayProcess, GatewayProcess, RedisServer) async throws -> Void
  ) async throws {
    let simulator = try await SimulatorServer.bind(group: MultiThreadedEventLoopGroup.singleton, wallClock: { 1_795_230_000 })
    defer { simulator.close() }
    try await RedisServer.with { redis in
      let all = environment.merging(["REDIS_URL": redis.url, "OPENAI_REALTIME_URL": simulator.url]) { given, _ in given }
      try await GatewayProcess.with(all) { first in
        try await GatewayProcess.with(all) { second in try await body(first, second, redis) }
      }
    }
  }

  private func open(_ gateway: GatewayProcess, _ token: String, resuming session: String? = nil) async throws -> (VoiceClient, String) {
    let client = try await VoiceClient.connect(port: gateway.port, token: token, resuming: session)
    let ready = try await client.next("voice.session.ready")
    #expect(ready["resumed"] as? Bool == (session != nil))
    let id = try #require(ready["session_id"] as? String)
    if let session { #expect(id == session) }
    _ = try await client.next("session.created")
    return (client, id)
  }

  /// A typed turn: what was said, and what was answered.
  private func say(_ text: String, _ client: VoiceClient) async throws {
    client.send(
      #"{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"\#(text)"}]}}"#)
    client.send(#"{"type":"response.create"}"#)
    _ = try await client.next("response.done")
  }

  /// The items that a session's store holds, by name and words.
  private func stored(_ id: String, _ gateway: GatewayProcess, _ token: String) async throws -> [Item] {
    let answer = try #require(try await HTTPAsk.get("/v1/voice/sessions/\(id)", gateway.port, token: token))
    let body = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    return (body["items"] as? [[String: Any]] ?? []).map(Item.init)
  }

  struct Item: Equatable {
    var id: String
    var role: String
    var text: String

    init(_ item: [String: Any]) {
      id = item["id"] as? String ?? ""
      role = item["role"] as? String ?? ""
      let content = item["content"] as? [[String: Any]] ?? []
      text = content.compactMap { $0["text"] as? String ?? $0["transcript"] as? String }.joined(separator: "\n")
    }
  }

  /// What upstream holds, last first: asked over the client's own connection, by taking the items away one by one.
  private func dismantle(_ client: VoiceClient, items: Int) async throws -> [Item] {
    var found: [Item] = []
    for number in 0...items {
      client.send(
        #"{"type":"conversation.item.create","item":{"id":"probe_\#(number)","type":"message","role":"user","content":[{"type":"input_text","text":"?"}]}}"#
      )
      let last = try await client.next("conversation.item.added")["previous_item_id"] as? String
      client.send(#"{"type":"conversation.item.delete","item_id":"probe_\#(number)"}"#)
      _ = try await client.next("conversation.item.deleted")
      guard let last else { break }
      client.send(#"{"type":"conversation.item.retrieve","item_id":"\#(last)"}"#)
      found.append(Item(try #require(try await client.next("conversation.item.retrieved")["item"] as? [String: Any])))
      client.send(#"{"type":"conversation.item.delete","item_id":"\#(last)"}"#)
      _ = try await client.next("conversation.item.deleted")
    }
    return found
  }

  @Test func `a gateway is killed in the middle of a conversation, and the client goes on at another`() async throws {
    let token = try token()
    try await withTwo { first, second, _ in
      let (client, id) = try await open(first, token)
      client.send(
        #"{"type":"session.update","session":{"type":"realtime","instructions":"Be brief.","output_modalities":["text"]}}"#)
      _ = try await client.next("session.updated")
      for number in 1...4 { try await say("This is number \(number).", client) }
      // A turn is stored behind its end: that is awaited, for as long as a save may take.
      var before = try await stored(id, second, token)
      for _ in 0..<50 where before.count < 8 {
        try await Task.sleep(for: .milliseconds(100))
        before = try await stored(id, second, token)
      }
      #expect(
        before.count == 8 && before.map(\.role) == ["user", "assistant", "user", "assistant", "user", "assistant", "user", "assistant"])
      first.killNow()
      #expect(await client.closure()?.code == 1006)

      let (again, _) = try await open(second, token, resuming: id)
      // The first thing that the client says finds the conversation restored.
      let there = try await dismantle(again, items: before.count)
      #expect(Array(there.reversed()) == before)
      #expect(!before.contains { $0.text.isEmpty })
      again.send(#"{"type":"session.update","session":{"type":"realtime"}}"#)
      let session = try await again.next("session.updated")["session"] as? [String: Any]
      #expect(session?["instructions"] as? String == "Be brief.")
      #expect(session?["output_modalities"] as? [String] == ["text"])
    }
  }

  @Test(arguments: [false, true]) func `a session is ended from another instance`(byAdmin: Bool) async throws {
    let token = try token()
    try await withTwo(["VOICE_ADMIN_TOKEN": "the-admin's-own-token"]) { first, second, redis in
      let (client, id) = try await open(first, token)
      // A stranger ends nothing.
      let refused = try await HTTPAsk.get("/v1/voice/sessions/\(id)", second.port, method: "DELETE", token: try self.token("bob"))
      #expect(refused?.status == 404)
      let started = ContinuousClock.now
      let asked = try await HTTPAsk.get(
        "/v1/voice/sessions/\(id)", second.port, method: "DELETE", token: byAdmin ? "the-admin's-own-token" : token)
      #expect(asked?.status == 204)
      let closure = await client.closure()
      // Within 1 s where nothing else runs: make test-instances.
      #expect(ContinuousClock.now - started < .seconds(10))
      #expect(closure == WebSocketClosure(code: 1000, reason: "Session ended"))
      for gateway in [first, second] {
        #expect(try await HTTPAsk.get("/v1/voice/sessions/\(id)", gateway.port, token: token)?.status == 404)
      }
      let late = try await VoiceClient.connect(port: second.port, token: token, resuming: id)
      #expect(await late.closure()?.reason == "Session not found")
      #expect(try await redis.cli("EXISTS", "voice:session:{\(id)}") == "0")
    }
  }

  @Test func `of two clients of one session on two instances the newer wins, with all that was said`() async throws {
    let token = try token()
    try await withTwo { first, second, redis in
      let (older, id) = try await open(first, token)
      older.send(#"{"type":"session.update","session":{"type":"realtime","output_modalities":["text"]}}"#)
      try await say("What is said at the first.", older)
      // An item that no turn has stored yet.
      older.send(
        #"{"type":"conversation.item.create","item":{"id":"item_last","type":"message","role":"user","content":[{"type":"input_text","text":"And this."}]}}"#
      )
      _ = try await older.next("conversation.item.done")
      let (newer, _) = try await open(second, token, resuming: id)
      #expect(await older.closure() == WebSocketClosure(code: 1008, reason: "Session opened elsewhere"))
      let there = try await dismantle(newer, items: 3)
      #expect(there.count == 3 && there.first?.id == "item_last" && there.first?.text == "And this.")
      // It counts once, and its place is still taken.
      #expect(try await redis.cli("ZCARD", "voice:limit:{ada}") == "1")
      #expect(try await redis.cli("ZCARD", "voice:lease:{ada}") == "1")

      let (newest, _) = try await open(first, token, resuming: id)
      #expect(await newer.closure()?.reason == "Session opened elsewhere")
      try await say("And on it goes.", newest)
    }
  }

  private func active(_ gateway: GatewayProcess) async throws -> Int {
    let health = try await HTTPAsk.get("/v1/voice/health", gateway.port)?.body ?? ""
    let body = try #require(try JSONSerialization.jsonObject(with: Data(health.utf8)) as? [String: Any])
    return try #require(body["active_sessions"] as? Int)
  }

  @Test func `two clients that go on with one session at the same moment end up as one`() async throws {
    let token = try token()
    try await withTwo { first, second, _ in
      let (older, id) = try await open(first, token)
      older.drop()
      for _ in 0..<5 {
        async let one = VoiceClient.connect(port: first.port, token: token, resuming: id)
        async let other = VoiceClient.connect(port: second.port, token: token, resuming: id)
        let clients = try await [one, other]
        // One is left, and stays.
        var seenAlone = 0
        for _ in 0..<1_000 where seenAlone < 10 {
          seenAlone = try await active(first) + active(second) == 1 ? seenAlone + 1 : 0
          try await Task.sleep(for: .milliseconds(50))
        }
        #expect(seenAlone == 10)
        for client in clients { client.drop() }
      }
    }
  }

  @Test func `sums over all instances do not go down when one dies`() async throws {
    try await withTwo(["VOICE_ADMIN_TOKEN": "an-admin-token-of-the-tests"]) { first, second, redis in
      let (client, _) = try await open(first, try token())
      client.send(#"{"type":"session.update","session":{"type":"realtime","output_modalities":["text"]}}"#)
      try await say("What does it cost?", client)
      let tokens = try await sums(of: second) { $0.tokens > 0 }.tokens
      first.killNow()
      // Its time is over at once, and it does not come back.
      let names = try await redis.cli("HKEYS", "voice:instances").split(separator: "\n").map(String.init)
      var posts: [String: String] = [:]
      for name in names { posts[name] = try await redis.cli("HGET", "voice:instances", name) }
      for (name, said) in posts where said.contains("\"started\":1") {
        let text = said.drop { $0 != " " }
        for end in [Int64(UnixTime.now().milliseconds) - 1, 1] {
          try await redis.cli("HSET", "voice:instances", name, "\(end)\(text)")
          // A sum is told again for two seconds.
          try await Task.sleep(for: .seconds(3))
          let sums = try await sums(of: second) { $0.instances == 1 }
          #expect(sums.tokens == tokens && sums.started == 1 && sums.active == 0)
        }
        // The second one keeps it from here on.
        #expect(try await redis.cli("HLEN", "voice:instances") == "1")
        try await Task.sleep(for: .seconds(3))
        #expect(try await sums(of: second) { _ in true }.tokens == tokens)
      }
    }
  }

  private typealias Sums = (instances: Int, started: Int, active: Int, tokens: Int)

  /// The stats of the cluster, once `isMeant` holds; they are told again for two seconds.
  private func sums(of gateway: GatewayProcess, _ isMeant: (Sums) -> Bool) async throws -> Sums {
    var last: Sums = (0, 0, 0, 0)
    for _ in 0..<100 {
      let answer = try #require(
        try await HTTPAsk.get("/v1/voice/stats?scope=cluster", gateway.port, token: "an-admin-token-of-the-tests"))
      let body = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
      let sessions = body["sessions"] as? [String: Any]
      let total = (body["tokens"] as? [String: Any])?["total"] as? [String: Any]
      last = (
        body["instances"] as? Int ?? 0, sessions?["started"] as? Int ?? 0, sessions?["active"] as? Int ?? 0, total?["total"] as? Int ?? 0
      )
      if isMeant(last) { return last }
      try await Task.sleep(for: .milliseconds(200))
    }
    return last
  }
}
