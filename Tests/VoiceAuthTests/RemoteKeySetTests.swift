import HTTPTypes
import Logging
import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceAuth

struct RemoteKeySetTests {
  private static let path = "/.well-known/jwks.json?tenant=1"
  private let client = ScriptedHTTPClient()
  private let clock = TestClock()

  private func key(_ name: String) -> String {
    #"{"kty":"OKP","crv":"Ed25519","kid":"\#(name)","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
  }
  private func set(_ names: String...) -> String { #"{"keys":[\#(names.map(key).joined(separator: ","))]}"# }

  private func make(url: String = "https://issuer.example\(Self.path)", algorithms: Set<JWTAlgorithm> = .all) throws -> RemoteKeySet {
    try RemoteKeySet(
      url: url, algorithms: algorithms, client: client, clock: clock, jitter: { 0 },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Runs the set beside `body`.
  private func running(_ keys: RemoteKeySet, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await keys.run() }
      try await body()
      group.cancelAll()
    }
  }

  private func names(_ keys: KeySet?) -> [String?]? { keys?.keys.map(\.id) }

  @Test func `the set is fetched at the start, and who comes before waits for it`() async throws {
    let keys = try make()
    #expect(keys.currentKeys() == nil && !keys.isUsable)
    try await running(keys) {
      async let early = keys.keysAfterMiss()
      let exchange = await client.next()
      #expect(
        exchange.exchange.request.scheme == "https" && exchange.exchange.request.authority == "issuer.example"
          && exchange.exchange.request.path == Self.path)
      #expect(exchange.exchange.options == HTTPClientOptions(timeout: .seconds(5), maxResponseBytes: 262_144))
      exchange.answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      #expect(names(await early) == ["a"])
      #expect(names(keys.currentKeys()) == ["a"] && keys.isUsable)
    }
  }

  @Test func `it is fetched again before Cache-Control ends`() async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(
        set("a"), [.contentType: "application/jwk-set+json; charset=utf-8", .cacheControl: "public, max-age=1000"])
      await clock.sleeper(until: .seconds(900))
      clock.advance(to: .seconds(900))
      let second = await client.next()
      #expect(names(keys.currentKeys()) == ["a"], "the old set serves while the new one is on its way")
      second.answer(set("b"))
      await clock.sleeper(until: .seconds(1_170))
      #expect(names(keys.currentKeys()) == ["b"])
    }
  }

  @Test func `an unknown key causes one fetch for all that miss it, and no second for thirty seconds`() async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      try await withThrowingTaskGroup(of: KeySet?.self) { group in
        for _ in 0..<50 { group.addTask { await keys.keysAfterMiss() } }
        await client.next().answer(set("a", "b"))
        // Who came after the answer was told at once what there is.
        for try await answer in group { #expect(names(answer) == ["a", "b"]) }
      }
      #expect(client.exchanges.count == 2)
      clock.advance(to: .seconds(29))
      #expect(names(await keys.keysAfterMiss()) == ["a", "b"])
      #expect(client.exchanges.count == 2)
      clock.advance(to: .seconds(30))
      async let later = keys.keysAfterMiss()
      await client.next().fail()
      #expect(names(await later) == ["a", "b"])
      clock.advance(to: .seconds(59))
      #expect(names(await keys.keysAfterMiss()) == ["a", "b"])
      #expect(client.exchanges.count == 3)
    }
  }

  @Test func `at an outage the last good set serves a day, then none does`() async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      clock.advance(to: .seconds(270))
      await client.next().fail(.timeout)
      await clock.sleeper(until: .seconds(275))
      #expect(names(keys.currentKeys()) == ["a"])
      clock.advance(to: .seconds(86_399))
      #expect(names(keys.currentKeys()) == ["a"])
      let retry = await client.next()
      clock.advance(to: .seconds(86_400))
      #expect(keys.currentKeys() == nil && !keys.isUsable)
      retry.answer(set("b"))
      await clock.sleeper(until: .seconds(86_670))
      #expect(names(keys.currentKeys()) == ["b"])
    }
  }

  @Test(arguments: [
    (404, "application/json", #"{"keys":[]}"#), (200, "application/json", ""), (200, "application/json", "{}"),
    (200, "application/json", "<html>"), (200, "text/html", "<!doctype html><title>Sign in</title>"), (200, "text/plain", "keys"),
    (204, "application/json", ""), (500, "application/json", ""),
    (404, "application/json", #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#),
  ])
  func `what is no set is a failure, and no reason to forget the last`(status: Int, type: String, body: String) async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      clock.advance(to: .seconds(270))
      await client.next().answer(status: status, body, [.contentType: type])
      await clock.sleeper(until: .seconds(275))
      #expect(keys.lastFailure?.message.hasPrefix(status == 200 ? "an answer that is no key set: " : "status \(status)") == true)
      #expect(names(keys.currentKeys()) == ["a"])
    }
  }

  @Test(arguments: ["application/octet-stream", "text/plain; charset=utf-8", "binary/octet-stream", "text/html", "", nil])
  func `a set is taken by its body, whatever a host of static files calls it`(type: String?) async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(set("a"), type.map { [.contentType: $0] } ?? [:])
      await clock.sleeper(until: .seconds(270))
      #expect(names(keys.currentKeys()) == ["a"])
    }
  }

  @Test func `an answer of more than 256 KiB is a failure even where the client would take it`() async throws {
    let keys = try make()
    try await running(keys) {
      let set = set("a")
      await client.next().answer(set + String(repeating: " ", count: 262_145 - set.utf8.count))
      await clock.sleeper(until: .seconds(5))
      #expect(keys.currentKeys() == nil)
      clock.advance(to: .seconds(5))
      await client.next().answer(set + String(repeating: " ", count: 262_144 - set.utf8.count))
      await clock.sleeper(until: .seconds(275))
      #expect(names(keys.currentKeys()) == ["a"])
    }
  }

  @Test func `a redirect is followed on the same host alone, three times at most`() async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(status: 302, "", [.location: "/keys"])
      let second = await client.next()
      #expect(second.exchange.request.path == "/keys" && second.exchange.request.authority == "issuer.example")
      second.answer(status: 307, "", [.location: "https://issuer.example/more"])
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      #expect(names(keys.currentKeys()) == ["a"])

      clock.advance(to: .seconds(270))
      for _ in 0..<4 { await client.next().answer(status: 301, "", [.location: "/again"]) }
      await clock.sleeper(until: .seconds(275))
      #expect(client.exchanges.count == 7)
    }
  }

  @Test(arguments: [
    "https://evil.example/keys", "//evil.example/keys", "http://issuer.example/keys", "https://issuer.example:444/keys", "keys", "",
    "https://issuer.example@evil.example/keys", "file:///etc/passwd",
  ])
  func `a redirect to another host, port or scheme is a failure`(location: String) async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(status: 302, "", [.location: location])
      await clock.sleeper(until: .seconds(5))
      #expect(client.exchanges.count == 1)
    }
  }

  @Test func `a redirect to another scheme is a failure on loopback too`() async throws {
    let keys = try make(url: "http://127.0.0.1:8080/keys")
    try await running(keys) {
      await client.next().answer(status: 302, "", [.location: "https://127.0.0.1:8080/keys"])
      await clock.sleeper(until: .seconds(5))
      #expect(client.exchanges.count == 1)
    }
  }

  @Test func `the deadline is for all of a fetch`() async throws {
    let keys = try make()
    try await running(keys) {
      let first = await client.next()
      clock.advance(to: .seconds(3))
      first.answer(status: 302, "", [.location: "/keys"])
      let second = await client.next()
      #expect(second.exchange.options.timeout == .seconds(2))
      clock.advance(to: .seconds(5))
      second.answer(status: 302, "", [.location: "/more"])
      await clock.sleeper(until: .seconds(10))
      #expect(client.exchanges.count == 2)
    }
  }

  @Test func `nobody waits for a set that has ended, nor past cancellation`() async throws {
    let keys = try make()
    let waiter = Task { await keys.keysAfterMiss() }
    waiter.cancel()
    #expect(await waiter.value == nil)
    try await running(keys) { await client.next().fail() }
    #expect(await keys.keysAfterMiss() == nil)
  }

  @Test func `a task that was cancelled before does not begin to wait`() async throws {
    let keys = try make()
    let waiter = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await keys.keysAfterMiss()
    }
    #expect(await waiter.value == nil)
    #expect(keys.waiterCount == 0)
  }

  @Test func `a thousand wait for a fetch, and who comes then is not made to`() async throws {
    let keys = try make()
    try await running(keys) {
      let fetch = await client.next()
      await withTaskGroup(of: KeySet?.self) { group in
        for _ in 0..<1_000 { group.addTask { await keys.keysAfterMiss() } }
        while keys.waiterCount < 1_000 { await Task.yield() }
        #expect(await keys.keysAfterMiss() == nil)
        fetch.answer(set("a"))
        for await answer in group { #expect(names(answer) == ["a"]) }
      }
    }
  }

  @Test func `an outage is said once, its end is said, and an end of one's own is none`() async throws {
    let log = RecordingLog()
    let keys = try RemoteKeySet(
      url: "https://issuer.example\(Self.path)", client: client, clock: clock, jitter: { 0 }, logger: log.logger)
    try await running(keys) {
      for delay in [5, 15, 35] {
        await client.next().fail()
        await clock.sleeper(until: .seconds(delay))
        #expect(log.messages == ["key set not fetched, there is none yet, so tokens that need it are refused"])
        clock.advance(to: .seconds(delay))
      }
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(35 + 270))
      #expect(log.messages.dropFirst() == ["key set fetched again"])
      clock.advance(to: .seconds(35 + 270))
      await client.next().fail()
      await clock.sleeper(until: .seconds(35 + 270 + 5))
      #expect(log.messages.dropFirst(2) == ["key set not fetched, the last good one serves"])
      #expect(log.messages.joined().contains("tenant") == false && log.metadata.contains("tenant") == false)
    }
    let ended = try RemoteKeySet(url: "https://issuer.example/keys", client: client, clock: clock, jitter: { 0 }, logger: log.logger)
    let run = Task { try await ended.run() }
    let fetch = await client.next()
    run.cancel()
    fetch.fail(.cancelled)
    try await run.value
    #expect(log.messages.count == 3)
  }

  @Test func `a key that was replaced under its own name is fetched once in thirty seconds, and junk causes no more`() async throws {
    let issuer = Ed25519Issuer()
    let keys = try make()
    let verifier = JWTVerifier(keys: keys) { TokenForge.now }
    let token = issuer.token(header: #"{"alg":"EdDSA","kid":"a"}"#, claims: #"{"sub":"u","exp":1800003600}"#)
    let junk = Secret("\(Base64URL.encode(Array(#"{"alg":"EdDSA","kid":"a"}"#.utf8))).e30.\(String(repeating: "A", count: 86))")
    try await running(keys) {
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      async let verdict = verifier.verify(token)
      let x = Base64URL.encode(issuer.publicKey)
      await client.next().answer(#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"\#(x)"}]}"#)
      #expect(await verdict.reason == nil)
      #expect(await verifier.verify(junk).detail == "a signature of another key")
      #expect(await verifier.verify(token).reason == nil, "known now")
      #expect(client.exchanges.count == 2)
    }
  }

  @Test(arguments: [#"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#])
  func `keys that their issuer no longer publishes are withdrawn`(body: String) async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      clock.advance(to: .seconds(270))
      await client.next().answer(body)
      await clock.sleeper(until: .seconds(540))
      #expect(names(keys.currentKeys()) == [])
    }
  }

  @Test(arguments: [
    "http://issuer.example/keys", "ftp://127.0.0.1/keys", "issuer.example/keys", "https://", "https:///keys",
    "https://u:p@issuer.example/keys",
    "https://issuer.example/a b", "http://127.0.0.1.evil.example/keys", "http://localhost.evil.example/", "http://127.1.evil/", "",
  ])
  func `a URL that is not https, but on loopback, is a wrong setting`(url: String) {
    #expect(throws: VoiceAuthError.self) { try make(url: url) }
  }

  @Test(arguments: [
    "http://127.0.0.1:8080/keys", "http://localhost/keys", "http://[::1]:8080", "https://issuer.example:8443?x=y", "HTTPS://Issuer.example",
  ])
  func `https anywhere and http on loopback are taken`(url: String) {
    #expect(throws: Never.self) { try make(url: url) }
  }

  @Test func `a verifier takes a token as soon as its key is published`() async throws {
    let keys = try make()
    // RFC 8037 appendix A.4's key, in a set that changes; the token's signature is not its own, so it stops there.
    let header = Base64URL.encode(Array(#"{"alg":"EdDSA","kid":"b"}"#.utf8))
    let token = Secret("\(header).e30.\(String(repeating: "A", count: 86))")
    let verifier = JWTVerifier(keys: keys) { TokenForge.now }
    try await running(keys) {
      await client.next().answer(set("a"))
      await clock.sleeper(until: .seconds(270))
      async let verdict = verifier.verify(token)
      await client.next().answer(set("a", "b"))
      #expect(await verdict.detail == "a signature of another key")
      let other = Base64URL.encode(Array(#"{"alg":"EdDSA","kid":"c"}"#.utf8))
      #expect(await verifier.verify(Secret("\(other).e30.\(String(repeating: "A", count: 86))")).detail == "an unknown kid")
      #expect(client.exchanges.count == 2)
    }
  }

  @Test func `without any set there is no verdict, but for secrets of one's own`() async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().fail()
      await clock.sleeper(until: .seconds(5))
      let header = Base64URL.encode(Array(#"{"alg":"EdDSA"}"#.utf8))
      let token = Secret("\(header).e30.\(String(repeating: "A", count: 86))")
      let combined = JWTVerifier(keys: CombinedKeys(try KeySet(secret: TokenForge.secret), and: keys)) { TokenForge.now }
      #expect(try await combined.verify(TokenForge().make()).reason == nil)
      async let alone = JWTVerifier(keys: keys) { TokenForge.now }.verify(token)
      await client.next().fail()
      #expect(await alone.reason == .unavailable)
      #expect(await combined.verify(token).reason == .unavailable)
      #expect(try await combined.verify(TokenForge(header: #"{"alg":"HS256","kid":"x"}"#).make()).reason == nil)
      #expect(client.exchanges.count == 2)
    }
  }

  @Test func `keys of one's own go before those of a source with the same name`() async throws {
    let keys = try make()
    try await running(keys) {
      await client.next().answer(set("a", "b"))
      await clock.sleeper(until: .seconds(270))
      let combined = CombinedKeys(try KeySet([VerificationKey(secret: TokenForge.secret, id: "a")]), and: keys)
      #expect(names(combined.currentKeys()) == ["a", "b"])
      #expect(combined.currentKeys()?.keys.first?.algorithms == .hmac)
    }
  }

  @Test(
    arguments: [
      ("max-age=60", nil, 60), ("public, MAX-AGE = \"60\"", nil, 60), ("max-age=60, no-store", nil, 0), ("no-cache", nil, 0),
      ("max-age=-1", nil, 0),
      ("max-age=x", nil, 0), ("max-age=60", "20", 40), ("max-age=60", "90", 0), ("max-age=60", "-5", 60),
      ("max-age=99999999999999999999", nil, 0),
      ("private", nil, nil), (nil, "5", nil),
    ] as [(String?, String?, Int?)])
  func `Cache-Control and Age say how long an answer is fresh`(control: String?, age: String?, seconds: Int?) {
    var response = HTTPResponse(status: .ok)
    response.headerFields[.cacheControl] = control
    response.headerFields[.age] = age
    #expect(CacheControl.freshness(of: response) == seconds.map { .seconds($0) })
  }
}
