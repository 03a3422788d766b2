import Foundation
import RedisTesting
import Testing
import VoiceCore

/// Tickets and client secrets, asked of `voice-server` as it is built, also of two that share one Redis.
@Suite(.timeLimit(.minutes(2))) struct EphemeralTokenTests {
  @Test func `a ticket lasts 30 s at the most, opens one session and mints nothing`() async throws {
    let token = try ServerProcess.token()
    try await ServerProcess.with { (server: ServerProcess) async throws in
      let answer = try await server.request("POST", "/v1/voice/tickets", headers: ["Authorization": "Bearer \(token)"])
      #expect(answer.status == 200 && answer.body.contains(#""expires_in":30"#))
      let ticket = try await server.posted("/v1/voice/tickets", "ticket", token: token)
      let minted = try await server.request("POST", "/v1/voice/tickets", headers: ["Authorization": "Bearer \(ticket)"])
      #expect(minted.status == 401, "the routes take JWTs alone, and leave the ticket as it is")
      #expect(try await server.outcome("/v1/ws/voice?ticket=\(ticket)") == "session.created")
      #expect(try await server.outcome("/v1/ws/voice?ticket=\(ticket)") == "auth_token_invalid")
      #expect(try await server.request("POST", "/v1/voice/tickets").status == 401)
      #expect(try await server.request("POST", "/v1/voice/tickets?token=\(token)").status == 401)
      #expect(try await server.request("GET", "/v1/voice/tickets").status == 405)
    }
  }

  @Test(.enabled(if: RedisServer.canRun, Comment(rawValue: RedisServer.missing)))
  func `of two instances with one Redis, one honours a ticket of the other, and once`() async throws {
    let token = try ServerProcess.token()
    try await RedisServer.with { redis in
      try await ServerProcess.with(["REDIS_URL": redis.url]) { one in
        try await ServerProcess.with(["REDIS_URL": redis.url]) { two in
          let ticket = try await one.posted("/v1/voice/tickets", "ticket", token: token)
          #expect(try await two.outcome("/v1/ws/voice?ticket=\(ticket)") == "session.created")
          #expect(try await one.outcome("/v1/ws/voice?ticket=\(ticket)") == "auth_token_invalid")
          #expect(try await two.outcome("/v1/ws/voice?ticket=\(ticket)") == "auth_token_invalid")

          let contested = try await two.posted("/v1/voice/tickets", "ticket", token: token)
          let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<20 {
              group.addTask { try await (number.isMultiple(of: 2) ? one : two).outcome("/v1/realtime?ticket=\(contested)") }
            }
            return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
          }
          #expect(outcomes == ["session.created": 1, "auth_token_invalid": 19])
        }
      }
    }
  }

  @Test(.enabled(if: RedisServer.canRun, Comment(rawValue: RedisServer.missing))) func `a client secret opens sessions on every instance`()
    async throws
  {
    let token = try ServerProcess.token()
    try await RedisServer.with { redis in
      try await ServerProcess.with(["REDIS_URL": redis.url]) { one in
        try await ServerProcess.with(["REDIS_URL": redis.url]) { two in
          let wish = #"{"expires_after":{"anchor":"created_at","seconds":60},"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#
          let secret = try await one.posted("/v1/realtime/client_secrets", "value", token: token, body: wish)
          #expect(secret.hasPrefix("ek_"))
          for server in [two, one, two] {
            #expect(try await server.outcome("/v1/realtime", headers: ["Authorization": "Bearer \(secret)"]) == "session.created")
          }
          let subprotocol = ["Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.\(secret)"]
          #expect(try await two.outcome("/v1/realtime", headers: subprotocol) == "session.created")
          let minted = try await one.request("POST", "/v1/realtime/client_secrets", headers: ["Authorization": "Bearer \(secret)"])
          #expect(minted.status == 401, "what was minted mints nothing")
        }
      }
    }
  }

  @Test func `a client secret is answered as OpenAI does, and a wish out of bounds is refused`() async throws {
    let token = try ServerProcess.token()
    try await ServerProcess.with { (server: ServerProcess) async throws in
      func post(_ body: String) async throws -> (status: Int, body: String) {
        let answer = try await server.request(
          "POST", "/v1/realtime/client_secrets", headers: ["Authorization": "Bearer \(token)"], body: body)
        return (answer.status, answer.body)
      }
      let answer = try await post(#"{"expires_after":{"anchor":"created_at","seconds":60}}"#)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
      let expiry = try #require(object["expires_at"] as? Double)
      #expect((50...61).contains(expiry - Date().timeIntervalSince1970))
      let session = try #require(object["session"] as? [String: Any])
      #expect(session["type"] as? String == "realtime" && session["model"] as? String == "gpt-realtime-2.1")
      #expect(try await post(#"{"expires_after":{"seconds":9}}"#).status == 400)
      #expect(try await post(#"{"expires_after":{"seconds":7201}}"#).status == 400)
      #expect(try await post(#"{"session":{"type":"other"}}"#).status == 400)
      #expect(try await post(#"{"session":[]}"#).status == 400)
      #expect(try await post("{").status == 400)
      let anonymous = try await server.request("POST", "/v1/realtime/client_secrets", body: "{}")
      #expect(anonymous.status == 401)
    }
  }
}
