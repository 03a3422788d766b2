import Logging
import NIOCore
import NIOPosix
import Testing
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceSimulator

/// The order of admission and what is given back, asked of the library alone: connections and upstream are in memory.
@Suite(.timeLimit(.minutes(1))) struct GatewayAdmissionTests {
  private static let secret = Secret("0123456789abcdef0123456789abcdef")

  private func token(_ user: String = "ada", plan: String? = "elite", lifetime: Duration = .seconds(3_600)) throws -> Secret {
    try TokenMinter(secret: Self.secret).mint(user: user, plan: plan, lifetime: lifetime, now: UnixTime.now())
  }

  private func request(_ token: Secret?, model: String? = nil, resumes: String? = nil) -> SessionRequest {
    SessionRequest(endpoint: .voice, token: token, model: model, resumes: resumes, address: "192.0.2.7")
  }

  /// Runs a gateway while `body` does, then drains it.
  private func withGateway(
    _ adjust: (inout GatewayConfiguration, inout GatewayDependencies) -> Void = { _, _ in },
    _ body: (VoiceGateway) async throws -> Void
  ) async throws {
    var configuration = GatewayConfiguration()
    configuration.upstream = .server("ws://simulator/v1/realtime", key: Secret("key"))
    configuration.redial.maxAttempts = 1
    configuration.session.resumeGrace = .zero
    configuration.limits.sessionsPerWindow = 0
    configuration.limits.concurrentSessions = 0
    var dependencies = GatewayDependencies(
      verifier: try JWTVerifier(secret: Self.secret), connector: SimulatorConnector(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    adjust(&configuration, &dependencies)
    let gateway = try VoiceGateway(configuration, dependencies)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await gateway.run() }
      defer { gateway.drain(grace: .zero) }
      try await body(gateway)
    }
  }

  @Test func `each refusal has its code, its close and its text`() async throws {
    let (good, ada) = (try token(), try token("ada", plan: "free"))
    let late = try TokenMinter(secret: Self.secret).mint(
      user: "ada", plan: "elite", lifetime: .seconds(60), now: UnixTime(seconds: 1_000_000_000))
    let refusals: [(SessionRequest, String)] = [
      (request(nil), "auth_token_missing 1008 Authentication required"),
      (request(Secret("a.b.c")), "auth_token_invalid 1008 Authentication failed"), (request(late), "auth_token_expired 1008 Token expired"),
      (request(ada), "plan_not_allowed 1008 Voice is not included in your plan"),
      (request(try token("bob")), "feature_not_available 1008 Feature not available for your account"),
      (request(good, model: "gpt-other"), "model_not_allowed 1008 Model not allowed"),
      (request(good, resumes: "vs_00000000000000000000000000000000"), "session_not_found 1008 Session not found"),
      (request(good, resumes: "no session"), "session_not_found 1008 Session not found"), (request(good), "session.created"),
    ]
    let flags = FeatureFlags(isEnabled: true, rolloutPercent: 0, betaUsers: ["ada"])
    try await withGateway(
      { $1.admission = { Admission(flags) } },
      { (gateway: VoiceGateway) async throws in
        for (request, outcome) in refusals { #expect(try await Caller.outcome(of: request, at: gateway) == outcome) }
      })
    try await withGateway(
      { $1.admission = { Admission(FeatureFlags(isEnabled: false)) } },
      { (gateway: VoiceGateway) async throws in
        let outcome = try await Caller.outcome(of: request(nil), at: gateway)
        #expect(outcome == "feature_disabled 1008 Voice realtime is disabled", "before the token is looked for")
      })
  }

  @Test func `the sixth session of a user in an hour is refused, and another user's is not`() async throws {
    try await withGateway(
      { configuration, _ in configuration.limits.sessionsPerWindow = 5 },
      { (gateway: VoiceGateway) async throws in
        let ada = request(try token())
        for _ in 0..<5 { #expect(try await Caller.outcome(of: ada, at: gateway) == "session.created") }
        #expect(
          try await Caller.outcome(of: ada, at: gateway) == "rate_limit_exceeded 1008 Rate limit exceeded (5 sessions/hour max)")
        #expect(try await Caller.outcome(of: request(try token("bob")), at: gateway) == "session.created")
      })
  }

  @Test func `a user has two sessions at once, and a third when one has ended`() async throws {
    try await withGateway(
      { configuration, _ in configuration.limits.concurrentSessions = 2 },
      { (gateway: VoiceGateway) async throws in
        let ada = request(try token())
        let first = try await Caller.open(ada, at: gateway)
        let second = try await Caller.open(ada, at: gateway)
        #expect(try await Caller.outcome(of: ada, at: gateway) == "concurrent_limit_exceeded 1008 Too many concurrent sessions (2 max)")
        first.hangUp()
        while gateway.activeSessions > 1 { await Task.yield() }
        #expect(try await Caller.outcome(of: ada, at: gateway) == "session.created")
        second.hangUp()
      })
  }

  private struct Unreachable: RealtimeConnector {
    func connect(
      to target: RealtimeTarget, on eventLoop: any EventLoop, opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
      failed: @escaping (RealtimeConnectError) -> Void
    ) { eventLoop.assumeIsolated().execute { failed(RealtimeConnectError(.unreachable, "no server")) } }
  }

  @Test func `a fault of the server's side gives the place and the lease back`() async throws {
    try await withGateway(
      { configuration, dependencies in
        configuration.limits.sessionsPerWindow = 1
        configuration.limits.concurrentSessions = 1
        dependencies.connector = Unreachable()
      },
      { (gateway: VoiceGateway) async throws in
        for _ in 0..<3 {
          let outcome = try await Caller.outcome(of: request(try token()), at: gateway)
          #expect(outcome == "upstream_unavailable 1013 Voice service unavailable, try again")
          while gateway.activeSessions > 0 { await Task.yield() }
        }
      })
  }

  @Test func `an embedder's own check comes before anything is taken`() async throws {
    try await withGateway(
      { configuration, dependencies in
        configuration.limits.sessionsPerWindow = 1
        dependencies.onAdmission = { $0.user.userID == "bob" ? .refuse(.costLimitExceeded) : .allow(metadata: ["shop": "7"]) }
      },
      { (gateway: VoiceGateway) async throws in
        for _ in 0..<2 {
          let outcome = try await Caller.outcome(of: request(try token("bob")), at: gateway)
          #expect(outcome == "cost_limit_exceeded 1008 Daily spend limit reached")
        }
        #expect(try await Caller.outcome(of: request(try token()), at: gateway) == "session.created")
      })
  }

  @Test func `a gateway that is full or drains takes no connection`() async throws {
    try await withGateway(
      { configuration, _ in configuration.limits.connections = 1 },
      { (gateway: VoiceGateway) async throws in
        let first = try await Caller.open(request(try token()), at: gateway)
        #expect(try await Caller.outcome(of: request(try token("bob")), at: gateway) == "not taken")
        gateway.drain(grace: .zero)
        #expect(try await first.end.get() == "server_draining 1012 Server restarting, reconnect")
        #expect(try await Caller.outcome(of: request(try token("bob")), at: gateway) == "not taken")
        #expect(gateway.phase == .draining)
      })
  }
}
