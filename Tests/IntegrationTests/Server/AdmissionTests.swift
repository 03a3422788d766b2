import Foundation
import Testing
import VoiceAuth
import VoiceCore

/// Who gets in, asked of `voice-server` as it is built.
@Suite(.timeLimit(.minutes(2))) struct AdmissionTests {
  @Test func `a token opens a session from wherever clients put it`() async throws {
    let token = try ServerProcess.token()
    try await ServerProcess.with { (server: ServerProcess) async throws in
      for endpoint in ["/v1/ws/voice", "/v1/realtime", "/api/v1/ws/voice", "/api/v1/realtime"] {
        let subprotocol = "realtime, openai-insecure-api-key.\(token), openai-beta.realtime-v1"
        for headers in [["Authorization": "Bearer \(token)"], ["api-key": token], ["Sec-WebSocket-Protocol": subprotocol]] {
          #expect(try await server.outcome(endpoint, headers: headers) == "session.created")
        }
        #expect(try await server.outcome(endpoint + "?model=gpt-realtime-2.1&token=\(token)") == "session.created")
        let ticket = try await server.posted("/v1/voice/tickets", "ticket", token: token)
        #expect(try await server.outcome(endpoint + "?ticket=\(ticket)") == "session.created")
        #expect(try await server.outcome(endpoint) == "auth_token_missing")
        #expect(try await server.outcome(endpoint + "?token=\(token.dropLast(4))AAAA") == "auth_token_invalid")
      }
    }
  }

  @Test func `two different tokens in one request are HTTP 400, one token twice is one`() async throws {
    let (token, other) = (try ServerProcess.token(), try ServerProcess.token("bob"))
    try await ServerProcess.with { (server: ServerProcess) async throws in
      let bearer = ["Authorization": "Bearer \(token)"]
      #expect(try await server.outcome("/v1/realtime?token=\(token)", headers: bearer) == "session.created")
      #expect(try await server.outcome("/v1/realtime?token=\(other)", headers: bearer) == "HTTP 400")
      #expect(try await server.outcome("/v1/realtime?ticket=vt_x", headers: bearer) == "HTTP 400")
      #expect(try await server.outcome("/v1/realtime?token=\(token)&token=\(other)") == "HTTP 400")
      let subprotocol = ["api-key": token, "Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.\(other)"]
      #expect(try await server.outcome("/v1/realtime", headers: subprotocol) == "HTTP 400")
      let posted = try await server.request(
        "POST", "/v1/voice/tickets", headers: ["Authorization": "Bearer \(token)", "api-key": other])
      #expect(posted.status == 400 && posted.body.contains(#""code":"ambiguous_token""#))
    }
  }

  @Test func `plan, beta list and percentage decide in their stated order`() async throws {
    let settings = ["VOICE_ALLOWED_PLANS": "Elite,intelia", "VOICE_BETA_USERS": "beta", "VOICE_ROLLOUT_PERCENT": "0"]
    try await ServerProcess.with(settings) { (server: ServerProcess) async throws in
      func outcome(_ user: String, _ plan: String?) async throws -> String {
        try await server.outcome("/v1/realtime?token=\(ServerProcess.token(user, plan: plan))")
      }
      #expect(try await outcome("beta", "ELITE") == "session.created")
      #expect(try await outcome("beta", "free") == "plan_not_allowed")
      #expect(try await outcome("beta", nil) == "plan_not_allowed")
      #expect(try await outcome("ada", "intelia") == "feature_not_available")
    }
    try await ServerProcess.with(["ENABLE_VOICE_REALTIME": "false"]) { (server: ServerProcess) async throws in
      #expect(try await server.outcome("/v1/realtime") == "feature_disabled", "before the token is looked for")
    }
  }

  @Test func `a session that has spent its user's day ends, and the next one is refused`() async throws {
    try await ServerProcess.with(["VOICE_MAX_COST_USD_PER_DAY": "0.00001"]) { (server: ServerProcess) async throws in
      let token = try ServerProcess.token()
      let said = try await server.withSession(token: token) { talk in
        try await talk.send(
          event:
            #"{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"Tell me all."}]}}"#
        )
        try await talk.send(event: #"{"type":"response.create"}"#)
        return try await talk.readToEnd()
      }
      #expect(said.contains(#""code":"cost_limit_exceeded""#))
      #expect(said.contains("Daily spend limit reached"))
      #expect(try await server.outcome("/v1/realtime?token=\(token)") == "cost_limit_exceeded")
      #expect(try await server.outcome("/v1/realtime?token=\(ServerProcess.token("bob"))") == "session.created")
    }
  }

  @Test func `a page of the same host may connect, and of another one only when it is allowed`() async throws {
    let token = try ServerProcess.token()
    func outcomes(_ server: ServerProcess, _ origins: [String]) async throws -> [String] {
      var outcomes: [String] = []
      for origin in origins { outcomes.append(try await server.outcome("/v1/realtime?token=\(token)", headers: ["Origin": origin])) }
      return outcomes
    }
    try await ServerProcess.with { (server: ServerProcess) async throws in
      let own = "127.0.0.1:\(server.port)"
      let same = try await outcomes(server, ["http://\(own)", "https://\(own)"])
      #expect(same == ["session.created", "session.created"])
      let others = try await outcomes(server, ["http://127.0.0.1", "https://evil.example", "null", "http://\(own).evil.example"])
      #expect(others == Array(repeating: "HTTP 403", count: 4))
    }
    try await ServerProcess.with(["VOICE_ALLOWED_ORIGINS": "https://app.example.com, https://*.example.org"]) {
      (server: ServerProcess) async throws in
      let good = try await outcomes(server, ["https://app.example.com", "https://a.b.example.org", "https://app.example.com:443"])
      #expect(good == Array(repeating: "session.created", count: 3))
      let bad = try await outcomes(
        server, ["http://app.example.com", "https://example.org", "https://evilexample.org", "http://127.0.0.1:\(server.port)"])
      #expect(bad == Array(repeating: "HTTP 403", count: 4))
    }
    try await ServerProcess.with(["VOICE_ALLOWED_ORIGINS": "*"]) { (server: ServerProcess) async throws in
      #expect(try await outcomes(server, ["https://anything.example", "null"]) == ["session.created", "session.created"])
    }
  }

  @Test func `what the flags file takes back ends running sessions within 2 s, and a broken file changes nothing`() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("flags-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    func write(_ text: String) throws { try Data(text.utf8).write(to: file, options: .atomic) }
    try write(#"{"enabled":true,"rollout_percent":0,"beta_users":["ada","bob"],"allowed_plans":["elite","intelia"]}"#)
    try await ServerProcess.with(["VOICE_FLAGS_FILE": file.path, "ENABLE_VOICE_REALTIME": "false"]) {
      (server: ServerProcess) async throws in
      /// How long it takes until the session of `user` is told this code.
      func delay(_ user: String, plan: String = "elite", code: String, after flags: String) async throws -> Duration {
        try await server.withSession(token: ServerProcess.token(user, plan: plan)) { talk in
          try write(flags)
          let start = ContinuousClock.now
          #expect(try await talk.read(through: code).hasSuffix(code))
          let delay = ContinuousClock.now - start
          let reason = code == "session_revoked" ? "Session revoked" : "Voice realtime is disabled"
          #expect(try await talk.read(through: reason).hasSuffix(reason))
          return delay
        }
      }
      let withoutBob = #"{"enabled":true,"rollout_percent":0,"beta_users":["ada"],"allowed_plans":["elite","intelia"]}"#
      #expect(try await delay("bob", code: "session_revoked", after: withoutBob) < .seconds(2))
      #expect(try await server.outcome("/v1/realtime?token=\(ServerProcess.token("bob"))") == "feature_not_available")
      let withoutPlan = #"{"enabled":true,"rollout_percent":0,"beta_users":["ada"],"allowed_plans":["elite"]}"#
      #expect(try await delay("ada", plan: "intelia", code: "session_revoked", after: withoutPlan) < .seconds(2))

      try await server.withSession(token: ServerProcess.token()) { talk in
        try write(#"{"enabled":false"#)
        _ = try await server.process.line(with: "flags file is not usable")
        try await talk.send(event: #"{"type":"ping","event_id":"still here"}"#)
        #expect(try await talk.read(through: "still here").contains("pong"))
      }
      #expect(try await delay("ada", code: "feature_disabled", after: #"{"enabled":false}"#) < .seconds(2))
      #expect(try await server.outcome("/v1/realtime?token=\(ServerProcess.token())") == "feature_disabled")
    }
  }

  @Test func `the end of a token ends its session with notice, unless one of the same user follows`() async throws {
    try await ServerProcess.with(["JWT_LEEWAY_SECONDS": "0"]) { (server: ServerProcess) async throws in
      let start = ContinuousClock.now
      try await server.withSession(token: ServerProcess.token(lifetime: .seconds(5))) { talk in
        #expect(try await talk.read(through: #""token_expiring""#).hasSuffix(#""token_expiring""#))
        try await talk.send(event: #"{"type":"voice.token.refresh","token":"\#(ServerProcess.token("bob"))"}"#)
        #expect(try await talk.read(through: "auth_token_invalid").hasSuffix("auth_token_invalid"))
        #expect(try await talk.read(through: "auth_token_expired").hasSuffix("auth_token_expired"))
        // `exp` has whole seconds: up to one less.
        #expect((.seconds(3.5)...(.seconds(7))).contains(ContinuousClock.now - start))
        #expect(try await talk.readToEnd().contains("Token expired"))
      }

      try await server.withSession(token: ServerProcess.token(lifetime: .seconds(3))) { talk in
        try await talk.send(event: #"{"type":"voice.token.refresh","token":"\#(ServerProcess.token())"}"#)
        try await Task.sleep(for: .seconds(4))
        try await talk.send(event: #"{"type":"ping","event_id":"still here"}"#)
        #expect(try await talk.read(through: "still here").contains("pong"))
      }
      #expect(try await server.outcome("/v1/realtime?token=\(ServerProcess.token(lifetime: .seconds(-5)))") == "auth_token_expired")
    }
  }

  @Test func `a refreshed token with a plan that is not allowed ends the session`() async throws {
    try await ServerProcess.with { (server: ServerProcess) async throws in
      try await server.withSession(token: ServerProcess.token()) { talk in
        try await talk.send(event: #"{"type":"voice.token.refresh","token":"\#(ServerProcess.token(plan: "free"))"}"#)
        #expect(try await talk.read(through: "Session revoked").contains("session_revoked"))
      }
    }
  }

  @Test func `tokens of Supabase's open sessions as they come, and its application keys do not`() async throws {
    try await ServerProcess.with { (server: ServerProcess) async throws in
      func outcome(_ claims: String, header: String = #"{"alg":"HS256","typ":"JWT","kid":"pnk4VHyDEmPfsRTj"}"#) async throws -> String {
        let expiry = Int(Date().timeIntervalSince1970) + 3_600
        let body = #"{"iss":"https://abcdefghijklm.supabase.co/auth/v1","aud":"authenticated","exp":\#(expiry),\#(claims)}"#
        return try await server.outcome("/v1/realtime?token=\(HS256.sign(header, body, with: ServerProcess.secret))")
      }
      let user = #""sub":"7f1c8f8e-0000-4000-8000-000000000000","user_metadata":{"plan":"elite"}"#
      #expect(try await outcome(user + #","role":"authenticated","app_metadata":{"plan":"Elite","provider":"email"}"#) == "session.created")
      #expect(try await outcome(user + #","role":"authenticated","app_metadata":{"plan":"free"}"#) == "plan_not_allowed")
      #expect(try await outcome(user + #","role":"authenticated""#) == "plan_not_allowed")
      for role in ["anon", "service_role"] {
        #expect(try await outcome(user + #","role":"\#(role)","plan":"elite""#) == "auth_token_invalid")
      }
    }
  }
}
