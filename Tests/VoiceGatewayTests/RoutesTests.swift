import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import RateLimiting
import SessionStore
import Testing
import VoiceAuth
import VoiceCore

@testable import VoiceGateway

@Suite struct RoutesTests {
  private let fixture: RoutesFixture

  init() throws { fixture = try RoutesFixture() }

  @Test func `livez and readyz follow the phase`() async throws {
    #expect(try await fixture.get("/livez").status == .ok)
    #expect(try await fixture.get("/readyz").status == .serviceUnavailable)
    fixture.control.current.withLockedValue { $0 = .ready }
    #expect(try await fixture.get("/readyz").status == .ok)
    fixture.control.current.withLockedValue { $0 = .draining }
    #expect(try await fixture.get("/readyz").status == .serviceUnavailable)
    #expect(try await fixture.get("/livez").status == .ok)
  }

  @Test(arguments: ["/v1/voice/health", "/api/v1/voice/health"])
  func `health has all the documented members`(path: String) async throws {
    let answer = try await fixture.get(path)
    #expect(answer.status == .ok)
    let json = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    #expect(
      Set(json.keys) == [
        "status", "feature_enabled", "openai_configured", "weaviate_enabled", "rag", "redis", "active_sessions", "version", "timestamp",
      ])
    #expect(
      Set(try #require(json["redis"] as? [String: Any]).keys) == [
        "redis_available", "redis_enabled", "using_fallback", "redis_url", "redis_version", "connected_clients", "used_memory_human",
      ])
    #expect(json["timestamp"] as? String == "2026-11-21T03:00:00.000Z")
    #expect(json["status"] as? String == "degraded", "no key for OpenAI")
  }

  @Test func `draining is told before all else, then the flag, then what is missing`() {
    var broken = HealthReport.Redis()
    broken.enabled = true
    broken.usingFallback = true
    #expect(HealthReport.status(phase: .draining, isEnabled: false, redis: broken, hasUpstreamKey: false) == .draining)
    #expect(HealthReport.status(phase: .ready, isEnabled: false, redis: broken, hasUpstreamKey: false) == .disabled)
    #expect(HealthReport.status(phase: .ready, isEnabled: true, redis: broken, hasUpstreamKey: true) == .degraded)
    #expect(HealthReport.status(phase: .ready, isEnabled: true, redis: .init(), hasUpstreamKey: true, isDegraded: true) == .degraded)
    // Redis does not answer, and memory has not taken over yet.
    broken.usingFallback = false
    #expect(HealthReport.status(phase: .ready, isEnabled: true, redis: broken, hasUpstreamKey: true) == .degraded)
    #expect(HealthReport.status(phase: .ready, isEnabled: true, redis: .init(), hasUpstreamKey: true) == .healthy)
  }

  @Test func `an unknown path is 404 and a wrong method is 405 with Allow, both in JSON`() async throws {
    let missing = try await fixture.get("/nowhere")
    #expect(missing.status == .notFound)
    #expect(try missing.error.code == "not_found")
    let wrong = try await fixture.send(.delete, "/v1/voice/health")
    #expect(wrong.status == .methodNotAllowed)
    #expect(wrong.headers[.allow] == "GET, HEAD, OPTIONS")
    #expect(try wrong.error.code == "method_not_allowed")
    #expect(try await fixture.send(.get, "/v1/voice/tickets").headers[.allow] == "OPTIONS, POST")
    for method in [HTTPRequest.Method.trace, .connect, HTTPRequest.Method("PROPFIND")!] {
      #expect(try await fixture.send(method, "/api/v1/voice/sessions/x").headers[.allow] == "DELETE, GET, HEAD, OPTIONS")
    }
  }

  @Test func `HEAD answers as GET does, without a body`() async throws {
    let answer = try await fixture.send(.head, "/v1/voice/health")
    #expect(answer.status == .ok && answer.body.isEmpty)
  }

  @Test(arguments: ["/v1/voice/stats", "/metrics"])
  func `without an admin token admin routes answer to nobody`(path: String) async throws {
    #expect(try await fixture.get(path).status == .unauthorized)
  }

  @Test(arguments: ["/v1/voice/stats", "/metrics"])
  func `where the settings say so they answer to this machine itself, and to nothing that a proxy passed on`(path: String) async throws {
    let fixture = try RoutesFixture { $0.http.adminLoopback = true }
    #expect(try await fixture.get(path).status == .ok)
    #expect(try await fixture.get(path, from: "::1", authority: "[::1]:8080").status == .ok)
    #expect(try await fixture.get(path, from: "192.0.2.7").status == .unauthorized)
    for authority in ["rebound.example", "192.0.2.7:8080", "", "127.0.0.1.evil.example"] {
      #expect(try await fixture.get(path, authority: authority).status == .unauthorized)
    }
    for name in ["Via", "X-Real-IP"] {
      let headers: HTTPFields = [try #require(HTTPField.Name(name)): "127.0.0.1"]
      #expect(try await fixture.get(path, headers: headers).status == .unauthorized, "\(name)")
    }
    // A page of another site may run in this machine's browser.
    for (origin, status) in [
      ("https://evil.example", HTTPResponse.Status.unauthorized), ("null", .unauthorized),
      ("https://localhost.evil.example", .unauthorized),
      ("http://localhost:8080", .ok), ("http://127.0.0.1:8080", .ok),
    ] {
      #expect(try await fixture.get(path, headers: [.origin: origin]).status == status, "\(origin)")
    }
  }

  @Test(arguments: ["/v1/voice/stats", "/metrics"])
  func `with an admin token every caller must have it, loopback too`(path: String) async throws {
    let fixture = try RoutesFixture { $0.http.adminToken = Secret("s3cret") }
    #expect(try await fixture.get(path).status == .unauthorized)
    #expect(try await fixture.get(path).headers[.wwwAuthenticate]?.contains("Bearer") == true)
    #expect(try await fixture.get(path, headers: [.authorization: "Bearer wrong"]).status == .unauthorized)
    #expect(try await fixture.get(path, from: "192.0.2.7", headers: [.authorization: "Bearer s3cret"]).status == .ok)
    let basic = Data("admin:s3cret".utf8).base64EncodedString()
    #expect(try await fixture.get(path, headers: [.authorization: "Basic \(basic)"]).status == .ok)
  }

  @Test func `behind a trusted proxy no client is local`() async throws {
    let fixture = try RoutesFixture {
      $0.http.adminLoopback = true
      $0.http.trustedProxies = [AddressBlock("127.0.0.1")!]
    }
    #expect(try await fixture.get("/metrics", headers: [.xForwardedFor: "127.0.0.1"]).status == .unauthorized)
    #expect(try await fixture.get("/metrics", headers: [.xForwardedFor: "192.0.2.7"]).status == .unauthorized)
  }

  // MARK: Pages of other hosts

  private static let page = "https://app.example.com"

  @Test(arguments: [
    ("/v1/voice/tickets", "OPTIONS, POST"), ("/v1/realtime/client_secrets", "OPTIONS, POST"),
    ("/v1/voice/sessions/x", "DELETE, GET, HEAD, OPTIONS"), ("/api/v1/voice/health", "GET, HEAD, OPTIONS"),
    ("/v1/voice/stats", "GET, HEAD, OPTIONS"),
  ])
  func `a page of an allowed origin may ask before it calls`(path: String, methods: String) async throws {
    let fixture = try RoutesFixture { $0.http.allowedOrigins = [Self.page, "https://*.example.org"] }
    for origin in [Self.page, "https://a.example.org"] {
      let answer = try await fixture.send(
        .options, path,
        headers: [
          .origin: origin, .accessControlRequestMethod: "POST", .accessControlRequestHeaders: "authorization,content-type,x-stainless-os",
        ])
      #expect(answer.status == .noContent && answer.headers[.accessControlAllowOrigin] == origin)
      #expect(answer.headers[.accessControlAllowMethods] == methods)
      #expect(answer.headers[.accessControlAllowHeaders] == "authorization, content-type, x-stainless-os")
      #expect(answer.headers[.vary] == "Origin")
    }
    for origin in ["https://evil.example", "null", "http://app.example.com"] {
      let answer = try await fixture.send(.options, path, headers: [.origin: origin, .accessControlRequestMethod: "POST"])
      #expect(answer.headers[.accessControlAllowOrigin] == nil && answer.headers[.accessControlAllowMethods] == nil)
      #expect(answer.headers[.vary] == "Origin")
    }
  }

  @Test func `answers and errors say that a page of an allowed origin may read them`() async throws {
    let fixture = try RoutesFixture { $0.http.allowedOrigins = [Self.page] }
    let good = try await fixture.send(.post, "/v1/voice/tickets", headers: [.authorization: "Bearer ada", .origin: Self.page])
    #expect(good.status == .ok && good.headers[.accessControlAllowOrigin] == Self.page)
    let bad = try await fixture.send(.post, "/v1/voice/tickets", headers: [.origin: Self.page])
    #expect(bad.status == .unauthorized && bad.headers[.accessControlAllowOrigin] == Self.page)
    let stats = try await fixture.get("/v1/voice/stats", headers: [.origin: Self.page])
    #expect(stats.status == .unauthorized && stats.headers[.accessControlAllowOrigin] == Self.page)
    #expect(try await fixture.get("/livez", headers: [.origin: Self.page]).headers[.accessControlAllowOrigin] == nil)
    #expect(try await self.fixture.get("/v1/voice/health", headers: [.origin: Self.page]).headers[.accessControlAllowOrigin] == nil)
  }

  @Test func `any number of levels in a body costs little, and too many are 400`() async throws {
    for depth in [33, 10_000] {
      let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      for (path, body) in [("/v1/voice/tickets", nested), ("/v1/realtime/client_secrets", #"{"session":{"a":\#(nested)}}"#)] {
        let answer = try await fixture.post(path, body)
        #expect(answer.status == .badRequest)
        #expect(try answer.error.code == "invalid_json")
      }
    }
  }

  @Test func `a session is shown to its own user and the admin, for others it is not there`() async throws {
    let fixture = try RoutesFixture { $0.http.adminLoopback = true }
    let id = try await fixture.store("ada")
    let own = try await fixture.get("/v1/voice/sessions/\(id)", headers: [.authorization: "Bearer ada"])
    #expect(own.status == .ok)
    let json = try #require(try JSONSerialization.jsonObject(with: own.body) as? [String: Any])
    #expect(json["session_id"] as? String == id.rawValue)
    #expect((json["items"] as? [[String: Any]])?.first?["role"] as? String == "user")
    #expect(try await fixture.get("/v1/voice/sessions/\(id)").status == .ok, "loopback is the admin")
    let other = try await fixture.get("/v1/voice/sessions/\(id)", headers: [.authorization: "Bearer bob"])
    #expect(other.status == .notFound)
    #expect(try other.error.code == "session_not_found")
    #expect(try await fixture.get("/v1/voice/sessions/\(id)", from: "192.0.2.7").status == .unauthorized)
    #expect(try await fixture.get("/v1/voice/sessions/nonsense", headers: [.authorization: "Bearer ada"]).status == .notFound)
  }

  @Test func `a user whose id merely looks the same is another`() async throws {
    for (user, status) in [("Jos\u{E9}", HTTPResponse.Status.ok), ("Jose\u{301}", .notFound)] {
      let id = try await fixture.store(user)
      #expect(try await fixture.get("/v1/voice/sessions/\(id)", headers: [.authorization: "Bearer accent"]).status == status)
    }
  }

  @Test func `deleting a session ends it and forgets it, once`() async throws {
    let id = try await fixture.store("ada")
    let path = "/v1/voice/sessions/\(id)"
    #expect(try await fixture.send(.delete, path, headers: [.authorization: "Bearer bob"]).status == .notFound)
    #expect(fixture.control.ended.withLockedValue { $0 }.isEmpty)
    #expect(try await fixture.send(.delete, path, headers: [.authorization: "Bearer ada"]).status == .noContent)
    #expect(fixture.control.ended.withLockedValue { $0 } == [id])
    #expect(try await fixture.send(.delete, path, headers: [.authorization: "Bearer ada"]).status == .notFound)
  }

  @Test func `a ticket opens one connection and no second`() async throws {
    let answer = try await fixture.send(.post, "/v1/voice/tickets", headers: [.authorization: "Bearer ada"])
    #expect(answer.status == .ok)
    let json = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    #expect(json["expires_in"] as? Int == 30)
    let ticket = Secret(try #require(json["ticket"] as? String))
    #expect(try await fixture.tokens.verify(ticket).get().userID == "ada")
    #expect((try? await fixture.tokens.verify(ticket).get()) == nil)
  }

  @Test func `a ticket is over after thirty seconds`() async throws {
    let answer = try await fixture.send(.post, "/v1/voice/tickets", headers: [.authorization: "Bearer ada"])
    let json = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    fixture.clock.withLockedValue { $0 = $0 + .seconds(30) }
    let verdict = await fixture.tokens.verify(Secret(try #require(json["ticket"] as? String)))
    #expect((try? verdict.get()) == nil)
  }

  @Test func `too many tickets that wait are 429 with Retry-After`() async throws {
    for _ in 0..<1_000 {
      #expect(try await fixture.send(.post, "/v1/voice/tickets", headers: [.authorization: "Bearer ada"]).status == .ok)
    }
    let answer = try await fixture.send(.post, "/v1/voice/tickets", headers: [.authorization: "Bearer ada"])
    #expect(answer.status == .tooManyRequests)
    #expect(answer.headers[.retryAfter] == "30")
    #expect(try await fixture.send(.post, "/v1/voice/tickets", headers: [.authorization: "Bearer bob"]).status == .ok)
    fixture.clock.withLockedValue { $0 = $0 + .seconds(31) }
    #expect(try await fixture.send(.post, "/v1/voice/tickets", headers: [.authorization: "Bearer ada"]).status == .ok)
  }

  @Test(arguments: [nil, "Bearer forged"]) func `tickets and keys want a good token`(authorization: String?) async throws {
    for path in ["/v1/voice/tickets", "/v1/realtime/client_secrets"] {
      let answer = try await fixture.send(.post, path, headers: authorization.map { [.authorization: $0] } ?? [:])
      #expect(answer.status == .unauthorized)
      #expect(try answer.error.code == (authorization == nil ? "auth_token_missing" : "auth_token_invalid"))
    }
  }

  @Test func `a client secret has OpenAI's shape and opens any number of connections`() async throws {
    let answer = try await fixture.post(
      "/api/v1/realtime/client_secrets",
      #"{"expires_after":{"anchor":"created_at","seconds":60},"session":{"type":"realtime","audio":{"output":{"voice":"marin"}}}}"#)
    #expect(answer.status == .ok)
    let json = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    #expect(json["expires_at"] as? Int == 1_795_230_060)
    let session = try #require(json["session"] as? [String: Any])
    #expect(session["object"] as? String == "realtime.session")
    #expect(session["model"] as? String == "gpt-realtime-2.1")
    #expect(session["audio"] != nil)
    let value = try #require(json["value"] as? String)
    #expect(value.hasPrefix("ek_"))
    for _ in 0..<3 { #expect(try await fixture.tokens.verify(Secret(value)).get().userID == "ada") }
    fixture.clock.withLockedValue { $0 = $0 + .seconds(60) }
    #expect((try? await fixture.tokens.verify(Secret(value)).get()) == nil)
  }

  @Test func `a client secret says that it ends with the token that it stands for`() async throws {
    let answer = try await fixture.post("/v1/realtime/client_secrets", #"{"expires_after":{"seconds":7200}}"#)
    let json = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    #expect(json["expires_at"] as? Int == 1_795_233_600)
  }

  @Test(arguments: [
    (#"{"expires_after":{"seconds":9}}"#, "invalid_value"), (#"{"expires_after":{"seconds":7201}}"#, "invalid_value"),
    (#"{"expires_after":{"anchor":"now"}}"#, "invalid_value"), (#"{"session":{"type":"chat"}}"#, "invalid_value"),
    (#"{"session":[]}"#, "invalid_type"), (#"{"session":"#, "invalid_json"),
  ])
  func `a wish that cannot be met is 400`(body: String, code: String) async throws {
    let answer = try await fixture.post("/v1/realtime/client_secrets", body)
    #expect(answer.status == .badRequest)
    #expect(try answer.error.code == code)
  }

  @Test func `a body that is too large is 413, one that is no JSON 415`() async throws {
    let large = try await fixture.post("/v1/realtime/client_secrets", "\"" + String(repeating: "a", count: 70_000) + "\"")
    #expect(large.status == .contentTooLarge)
    let form = try await fixture.post("/v1/realtime/client_secrets", "a=b", type: "application/x-www-form-urlencoded")
    #expect(form.status == .unsupportedMediaType)
    #expect(try form.error.code == "unsupported_media_type")
  }

  @Test func `sessions of a user, or of this instance, are listed for the admin alone`() async throws {
    let admin: HTTPFields = [.authorization: "Bearer root"]
    let fixture = try RoutesFixture { $0.http.adminToken = Secret("root") }
    let (ada, bob) = (try await fixture.store("ada"), try await fixture.store("bob"))
    fixture.control.running.withLockedValue { $0 = [bob] }
    for headers: HTTPFields in [[:], [.authorization: "Bearer ada"]] {
      #expect(try await fixture.get("/v1/voice/sessions?user=ada", headers: headers).status == .unauthorized)
    }
    let list = try JSONDecoder().decode(SessionList.self, from: try await fixture.get("/v1/voice/sessions?user=ada", headers: admin).body)
    #expect(list.sessions.map(\.sessionID) == [ada.rawValue] && !list.sessions[0].isActive)
    let running = try JSONDecoder().decode(SessionList.self, from: try await fixture.get("/v1/voice/sessions", headers: admin).body)
    #expect(running.sessions.map(\.sessionID) == [bob.rawValue] && running.sessions[0].isActive)
  }

  @Test func `a user's limit is reset by the admin alone, whatever the user is called`() async throws {
    let fixture = try RoutesFixture { $0.http.adminToken = Secret("root") }
    var generator = SystemRandomNumberGenerator()
    for (user, path) in [("ada", "ada"), ("auth0|7/é", "auth0%7C7%2F%C3%A9")] {
      #expect(await fixture.limiter.admit(user: user, session: SessionID(using: &generator)).isAllowed)
      #expect(try await fixture.send(.delete, "/v1/voice/limits/\(path)", headers: [.authorization: "Bearer ada"]).status == .unauthorized)
      #expect(await !fixture.limiter.admit(user: user, session: SessionID(using: &generator)).isAllowed)
      let answer = try await fixture.send(.delete, "/api/v1/voice/limits/\(path)", headers: [.authorization: "Bearer root"])
      #expect(answer.status == .noContent)
      #expect(await fixture.limiter.admit(user: user, session: SessionID(using: &generator)).isAllowed)
    }
  }

  @Test func `every answer tells browsers to be careful`() async throws {
    for path in ["/livez", "/nowhere", "/v1/voice/health"] {
      let headers = try await fixture.get(path).headers
      #expect(headers[.xContentTypeOptions] == "nosniff" && headers[.cacheControl] == "no-store", "\(path)")
      #expect(headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
    }
  }

  @Test func `stats are those of the scope that was asked for, and no other scope is one`() async throws {
    let fixture = try RoutesFixture { $0.http.adminLoopback = true }
    for (path, scope) in [("/v1/voice/stats", "instance"), ("/api/v1/voice/stats?scope=cluster", "cluster")] {
      let answer = try await fixture.get(path)
      #expect(try JSONDecoder().decode(RoutesFixture.Figures.self, from: answer.body).scope == scope)
    }
    let answer = try await fixture.get("/v1/voice/stats?scope=galaxy")
    #expect(answer.status == .badRequest)
    #expect(try answer.error.code == "invalid_value")
  }

  @Test func `metrics have the media type of their format`() async throws {
    let fixture = try RoutesFixture { $0.http.adminLoopback = true }
    let answer = try await fixture.get("/metrics", headers: [.accept: "text/plain"])
    #expect(answer.headers[.contentType] == "text/plain; version=0.0.4" && String(decoding: answer.body, as: UTF8.self) == "# text/plain\n")
  }

  @Test func `a gateway answers its routes, and leaves every other path to the server around it`() async throws {
    let gateway = try VoiceGateway(.init(), GatewayDependencies(verifier: RoutesFixture.Names(now: UnixTime.now)))
    func status(_ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:]) async -> HTTPResponse.Status? {
      await gateway.respond(to: HTTPRequest(method: method, scheme: "http", authority: "h", path: path, headerFields: fields))?.head.status
    }
    #expect(await status(.get, "/livez") == .ok)
    #expect(await status(.get, "/readyz") == .serviceUnavailable, "it does not run")
    #expect(await status(.post, "/v1/voice/tickets", [.authorization: "Bearer ada"]) == .ok)
    #expect(await status(.get, "/v1/voice/sessions") == .unauthorized)
    for path in ["/", "/v1/voice", "/metrics", "/v1/voice/stats", "/v1/voice/sessions/a/b"] { #expect(await status(.get, path) == nil) }
    gateway.drain()
    let answer = try #require(await gateway.respond(to: HTTPRequest(method: .get, scheme: "http", authority: "h", path: "/readyz")))
    #expect(answer.head.status == .serviceUnavailable && String(buffer: answer.body) == "draining\n")
    #expect(gateway.routes.contains("/api/v1/realtime/client_secrets") && !gateway.routes.contains("/metrics"))
  }
}
