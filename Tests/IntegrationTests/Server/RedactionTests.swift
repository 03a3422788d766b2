import Foundation
import Testing
import VoiceCore

/// Nothing that opens a door is ever said, at the loudest level, about good requests and bad ones.
@Suite(.timeLimit(.minutes(2))) struct RedactionTests {
  @Test func `no token, key or query reaches logs, errors, stats or metrics`() async throws {
    let key = SigningKey("canary-kid")
    let keys = try await KeySetServer.start(key)
    defer { keys.stop() }
    let canaries = [
      "JWT_SECRET": "canary-secret-canary-secret-canary", "OPENAI_API_KEY": "canary-upstream-key",
      "VOICE_ADMIN_TOKEN": "canary-admin-token",
      "WEAVIATE_API_KEY": "canary-weaviate-key",
    ]
    let settings = canaries.merging(["LOG_LEVEL": "trace", "LOG_FORMAT": "json", "JWT_JWKS_URL": keys.url, "REDIS_URL": ""]) { $1 }
    try await ServerProcess.with(settings) { (server: ServerProcess) async throws in
      var secrets = Array(canaries.values) + ["secret-tenant"]
      var answers = ""
      func remember(_ token: String) -> String {
        // A part is enough to give it away: header, payload and signature each.
        secrets += token.contains(".") ? token.split(separator: ".").map(String.init).filter { $0.count > 8 } : [token]
        return token
      }
      let good = remember(key.token())
      let foreign = remember(SigningKey("canary-kid").token())
      let expired = remember(key.token(claims: #","nbf":4000000000"#))
      let junk = [
        "canary-junk-token", "canary.junk.token", "eyJhbGciOiJub25lIn0.Y2FuYXJ5LWp1bms.AAAA", String(repeating: "canary-long", count: 900),
      ]
      for token in [good, foreign, expired] + junk.map(remember) {
        for path in ["/v1/ws/voice?token=\(token)&x=canary-query", "/v1/realtime?ticket=\(token)&session_id=canary-query"] {
          answers += try await server.outcome(path)
        }
        for headers in [
          ["Authorization": "Bearer \(token)"], ["api-key": token], ["Sec-WebSocket-Protocol": "openai-insecure-api-key.\(token)"],
        ] {
          answers += try await server.outcome("/v1/realtime?model=gpt-realtime-2.1", headers: headers)
          for path in ["/v1/voice/tickets", "/v1/realtime/client_secrets"] where headers["Sec-WebSocket-Protocol"] == nil && token != good {
            answers += try await server.request("POST", path + "?token=\(token)", headers: headers).body
          }
          answers += try await server.request("GET", "/v1/voice/sessions/vs_x?token=\(token)", headers: headers).body
        }
      }
      answers += try await server.outcome("/v1/realtime?token=\(good)&token=\(foreign)")
      answers += try await server.outcome("/nowhere?token=\(good)")
      answers += try await server.request("POST", "/v1/voice/tickets", headers: ["Authorization": "Bearer \(good)"], body: "canary-query{")
        .body
      let ticket = remember(try await server.posted("/v1/voice/tickets", "ticket", token: good))
      answers += try await server.outcome("/v1/ws/voice?ticket=\(ticket)") + (try await server.outcome("/v1/ws/voice?ticket=\(ticket)"))
      let secret = remember(try await server.posted("/v1/realtime/client_secrets", "value", token: good))
      answers += try await server.outcome("/v1/realtime", headers: ["Authorization": "Bearer \(secret)"])
      try await server.withSession(token: good) { talk in
        try await talk.send(event: #"{"type":"voice.token.refresh","token":"\#(foreign)"}"#)
        answers += try await talk.read(through: "auth_token_invalid")
        try await talk.send(event: #"{"type":"session.update","session":{"instructions":"canary-query"},"token":"\#(good)"#)
      }
      let admin = ["Authorization": "Bearer canary-admin-token"]
      for path in ["/v1/voice/stats", "/metrics", "/v1/voice/health"] {
        let answer = try await server.request("GET", path + "?token=\(good)", headers: admin)
        #expect(answer.status == 200)
        answers += answer.head + answer.body
        answers += try await server.request("GET", path, headers: ["Authorization": "Bearer canary-wrong-admin-token"]).body
      }
      server.process.interrupt()
      _ = try await server.process.line(with: " ended: ")
      for secret in secrets + ["canary-query", "canary-wrong-admin-token"] {
        #expect(!server.process.output.contains(secret), "\(secret) is in the log")
        #expect(!answers.contains(secret), "\(secret) is in an answer")
      }
      // The log is that of a server that was busy, and loud.
      #expect(server.process.output.contains(#""level":"debug""#) && answers.contains("auth_token_invalid"))
    }
  }

  @Test func `a wrong secret stops the start with one line that does not show it`() async throws {
    for settings in [["JWT_SECRET": "canary-short"], ["JWT_PUBLIC_KEY": "canary-no-pem"], ["REDIS_URL": "canary://user:canary@host"]] {
      let environment = ["ENABLE_VOICE_REALTIME": "true"].merging(settings) { $1 }
      let process = try ChildProcess(ChildProcess.voiceServer(), ["run"], environment: environment)
      defer { process.stop() }
      _ = try await process.line(with: try #require(settings.keys.first))
      #expect(!process.output.contains("canary"), "\(process.output)")
    }
  }
}
