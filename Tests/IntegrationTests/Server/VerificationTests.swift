import Foundation
import HTTPTypes
import Testing
import VoiceCore

/// Keys as operators give them to `voice-server`: PEM, a file of it, and a key set behind a URL.
@Suite(.timeLimit(.minutes(2))) struct VerificationTests {
  @Test func `a public key verifies from a variable and from a file, alone and beside a secret`() async throws {
    let (key, other) = (SigningKey("a"), SigningKey("a"))
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID().uuidString).pem")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(key.pem.utf8).write(to: file)
    let settings = [
      ["JWT_SECRET": "", "JWT_PUBLIC_KEY": key.pem], ["JWT_SECRET": "", "JWT_PUBLIC_KEY": key.pem.replacing("\n", with: "\\n")],
      ["JWT_PUBLIC_KEY_FILE": file.path],
    ]
    for settings in settings {
      try await ServerProcess.with(settings) { (server: ServerProcess) async throws in
        #expect(try await server.outcome("/v1/realtime?token=\(key.token(hasName: false))") == "session.created")
        #expect(try await server.outcome("/v1/realtime?token=\(other.token(hasName: false))") == "auth_token_invalid")
        let shared = try await server.outcome("/v1/realtime?token=\(ServerProcess.token())")
        #expect(shared == (settings["JWT_SECRET"] == nil ? "session.created" : "auth_token_invalid"))
        // The public key as if it were a secret.
        let confused = HS256.sign(#"{"alg":"HS256"}"#, #"{"sub":"ada","plan":"elite","exp":4000000000}"#, with: Secret(key.pem))
        #expect(try await server.outcome("/v1/realtime?token=\(confused)") == "auth_token_invalid")
      }
    }
    try await ServerProcess.with(["JWT_PUBLIC_KEY_FILE": file.path, "JWT_ALGORITHMS": "HS256"]) { (server: ServerProcess) async throws in
      #expect(try await server.outcome("/v1/realtime?token=\(key.token(hasName: false))") == "auth_token_invalid")
      #expect(try await server.outcome("/v1/realtime?token=\(ServerProcess.token())") == "session.created")
    }
  }

  @Test func `issuer and audience are checked when they are set`() async throws {
    let key = SigningKey("a")
    try await ServerProcess.with(["JWT_PUBLIC_KEY": key.pem, "JWT_ISSUER": "https://issuer.example", "JWT_AUDIENCE": "voice"]) {
      (server: ServerProcess) async throws in
      func outcome(_ claims: String) async throws -> String {
        try await server.outcome("/v1/realtime?token=\(key.token(claims: claims, hasName: false))")
      }
      #expect(try await outcome(#","iss":"https://issuer.example","aud":["x","voice"]"#) == "session.created")
      #expect(try await outcome(#","iss":"https://issuer.example/","aud":"voice""#) == "auth_token_invalid")
      #expect(try await outcome(#","iss":"https://issuer.example","aud":"other""#) == "auth_token_invalid")
      #expect(try await outcome("") == "auth_token_invalid")
    }
  }

  @Test func `a key set behind a URL rotates at the first token of a new key, and serves on at an outage`() async throws {
    let (old, new, stranger) = (SigningKey("old"), SigningKey("new"), SigningKey("stranger"))
    let keys = try await KeySetServer.start(old)
    defer { keys.stop() }
    try await ServerProcess.with(["JWT_SECRET": "", "JWT_JWKS_URL": keys.url]) { (server: ServerProcess) async throws in
      func outcome(_ key: SigningKey) async throws -> String { try await server.outcome("/v1/realtime?token=\(key.token())") }
      #expect(try await outcome(old) == "session.created")
      #expect(keys.requests == 1)
      keys.rotate(to: new)
      #expect(try await outcome(new) == "session.created")
      #expect(try await outcome(old) == "auth_token_invalid", "the set is replaced, not added to")
      #expect(keys.requests == 2)
      for _ in 0..<20 { #expect(try await outcome(stranger) == "auth_token_invalid") }
      #expect(keys.requests == 2, "an unknown kid fetches once in 30 s")
      keys.fail(with: .internalServerError)
      #expect(try await outcome(new) == "session.created")
      keys.stop()
      #expect(try await outcome(new) == "session.created")
      #expect(try await server.request("GET", "/v1/voice/health").body.contains(#""status":"healthy""#))
    }
  }

  @Test func `a key set on this machine is fetched past the environment's proxy`() async throws {
    let key = SigningKey("a")
    let keys = try await KeySetServer.start(key)
    defer { keys.stop() }
    let proxy = try await KeySetServer.start(SigningKey("b"))
    defer { proxy.stop() }
    let settings = ["JWT_SECRET": "", "JWT_JWKS_URL": keys.url, "http_proxy": "http://127.0.0.1:\(proxy.port)"]
    try await ServerProcess.with(settings) { (server: ServerProcess) async throws in
      #expect(try await server.outcome("/v1/realtime?token=\(key.token())") == "session.created")
      #expect(proxy.requests == 0)
    }
  }

  @Test func `without a key set there is no verdict and health is degraded, until there is one`() async throws {
    let key = SigningKey("a")
    let keys = try await KeySetServer.start(key)
    defer { keys.stop() }
    keys.fail(with: .serviceUnavailable)
    try await ServerProcess.with(["JWT_SECRET": "", "JWT_JWKS_URL": keys.url]) { (server: ServerProcess) async throws in
      _ = try await server.process.line(with: "key set not fetched")
      #expect(try await server.outcome("/v1/realtime?token=\(key.token())") == "upstream_unavailable")
      #expect(try await server.request("GET", "/v1/voice/health").body.contains(#""status":"degraded""#))
      let posted = try await server.request("POST", "/v1/voice/tickets", headers: ["Authorization": "Bearer \(key.token())"])
      #expect(posted.status == 503)
      keys.fail(with: .ok)
      // The next try comes by itself, 10 s after the second failure at the latest.
      _ = try await server.process.line(with: "key set fetched again")
      #expect(try await server.outcome("/v1/realtime?token=\(key.token())") == "session.created")
      #expect(try await server.request("GET", "/v1/voice/health").body.contains(#""status":"healthy""#))
    }
  }
}
