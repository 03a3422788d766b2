import Foundation
import Logging
import RedisTesting
import SessionStore
import Testing
import VoiceTesting

/// Passwords, certificates and ports that do not fit.
@Suite(.needsRedis, .timeLimit(.minutes(10)))
struct RedisLoginTests {
  @Test func `a user, a password and a database of the URL are used`() async throws {
    try await RedisServer.with(["--requirepass", "first p@ss/word"]) { server in
      try await server.cli("-a", "first p@ss/word", "ACL", "SETUSER", "voice", "on", ">s:e#cret%", "~*", "+@all")
      for login in [":first%20p%40ss%2Fword", "voice:s%3Ae%23cret%25"] {
        try await RedisClient.with("redis://\(login)@127.0.0.1:\(server.port)/3", timeout: Times.unhurried) { client in
          let reply = try await client.ask("SET", "key", "value")
          #expect(reply == "OK")
          #expect(try await client.ask("CLIENT", "GETNAME") == "voice-realtime")
          let info = try await client.ask("CLIENT", "INFO") ?? ""
          #expect(info.contains(" db=3 "))
        }
      }
    }
  }

  @Test(arguments: ["redis://127.0.0.1:PORT", "redis://:wrong-Secret@127.0.0.1:PORT", "redis://voice:wrong-Secret@127.0.0.1:PORT"])
  func `a password that is missing or wrong is said once and clearly, and never itself`(url: String) async throws {
    try await RedisServer.with(["--requirepass", "right-Secret"]) { server in
      let log = RecordingLog()
      try await RedisClient.with(
        url.replacingOccurrences(of: "PORT", with: "\(server.port)"), logger: log.logger, timeout: Times.unhurried,
        retry: .onceInAWhile
      ) { client in
        for _ in 0..<20 {
          let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
          #expect(error?.code == .authentication, "\(String(describing: error))")
          #expect("\(String(describing: error))".contains("Secret") == false)
        }
      }
      #expect(log.texts(.error).count == 1, "\(log.texts(.error))")
      #expect(log.texts(.error).first?.contains("does not accept the user and password") == true)
      #expect(!log.all.contains("Secret"))
    }
  }

  @Test func `a password that is changed under way is noticed`() async throws {
    try await RedisServer.with { server in
      try await RedisClient.with(server.url, timeout: Times.unhurried, retry: .onceInAWhile) { client in
        _ = try await client.send(RedisCommand("PING"))
        try await server.cli("CONFIG", "SET", "requirepass", "new")
        try await server.cli("-a", "new", "CLIENT", "KILL", "TYPE", "normal")
        try await Task.sleep(for: .milliseconds(100))
        let error = await #expect(throws: RedisError.self) { for _ in 0..<10 { _ = try await client.send(RedisCommand("PING")) } }
        #expect(error?.code == .authentication)
      }
    }
  }

  @Test func `TLS: the right authority and name are let in`() async throws {
    try await withTLS { server, certificates in
      for host in ["127.0.0.1", "localhost"] {
        try await RedisClient.with(
          "rediss://\(host):\(server.port)",
          timeout: Times.unhurried, authorities: certificates.authority
        ) {
          client in
          let reply = try await client.ask("PING")
          #expect(reply == "PONG")
        }
      }
    }
  }

  @Test func `TLS: an unknown authority is refused`() async throws {
    try await withTLS { server, certificates in
      try await expect(.tls, "rediss://127.0.0.1:\(server.port)", authority: certificates.otherAuthority)
      try await expect(.tls, "rediss://127.0.0.1:\(server.port)", authority: nil)
    }
  }

  @Test func `TLS: a certificate for another host is refused`() async throws {
    try await withTLS(certificateFor: "DNS:elsewhere.example,IP:127.0.0.2") { server, certificates in
      try await expect(.tls, "rediss://127.0.0.1:\(server.port)", authority: certificates.authority)
      try await expect(.tls, "rediss://localhost:\(server.port)", authority: certificates.authority)
    }
  }

  @Test func `plain text on a TLS port, and TLS on a plain port, end with a word on it`() async throws {
    try await withTLS { server, certificates in
      try await expect(nil, "redis://127.0.0.1:\(server.port)", authority: nil)
    }
    try await RedisServer.with { server in try await expect(nil, "rediss://127.0.0.1:\(server.port)", authority: nil) }
  }

  /// Each of three commands ends in time and without an answer.
  private func expect(_ code: RedisError.Code?, _ url: String, authority: String?) async throws {
    // What is wrong with a certificate is known at once; who gets no answer at all is told by the deadline.
    let timeout = code == nil ? .seconds(1) : Times.unhurried
    try await RedisClient.with(url, timeout: timeout, retry: .onceInAWhile, authorities: authority) { client in
      for _ in 0..<3 {
        let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
        if let code { #expect(error?.code == code, "\(String(describing: error))") }
        #expect(error?.isOutage == true)
      }
    }
  }

  private func withTLS(
    certificateFor names: String = "DNS:localhost,IP:127.0.0.1", _ body: (RedisServer, Certificates) async throws -> Void
  ) async throws {
    let certificates = try await Certificates(names: names)
    defer { certificates.remove() }
    let port = try await RedisServer.freePort()
    let server = try RedisServer(
      [
        "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", certificates.certificate, "--tls-key-file", certificates.key,
        "--tls-ca-cert-file", certificates.authority, "--tls-auth-clients", "no",
      ], port: port)
    try await server.start()
    defer { server.stop() }
    try await body(server, certificates)
  }
}
