import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceSimulator
import VoiceTransport

@testable import VoiceServer

/// The whole server as it is composed, with the simulator as its upstream, asked from outside.
@Suite(.timeLimit(.minutes(2))) struct HTTPAppTests {
  private static let secret = Secret("0123456789abcdef0123456789abcdef")
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private struct Running: Sendable {
    var port: Int
    var stop: @Sendable () async -> Void
  }

  private func token(_ user: String = "ada") throws -> String {
    try TokenMinter(secret: Self.secret).mint(user: user, plan: "elite", now: UnixTime.now()).expose()
  }

  private func withApp(_ adjust: (inout Settings) -> Void = { _ in }, _ body: @Sendable @escaping (Running) async throws -> Void)
    async throws
  {
    let simulator = try await SimulatorServer.bind(group: MultiThreadedEventLoopGroup.singleton, wallClock: { 1_795_230_000 })
    var settings = Settings()
    settings.admission.enabled = true
    settings.auth.secret = Self.secret
    settings.http.port = 0
    settings.http.adminLoopback = true
    settings.http.drainTimeout = .seconds(2)
    settings.upstream.urls = [SecretURL(simulator.url)]
    settings.upstream.apiKeys = [Secret("key")]
    adjust(&settings)
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let app = App(settings: settings, logger: logger, companions: [simulator], listening: { port.yield($0) })
    let assembly = try app.assemble()
    let group = ServiceGroup(services: assembly.services, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let bound = try #require(await iterator.next())
      try await body(
        Running(port: bound) { await group.triggerGracefulShutdown() })
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  private func get(_ path: String, _ port: Int, method: String = "GET", headers: String = "") async throws -> (
    status: Int, head: String, body: String
  ) {
    try await RawConnection.with(port: port) { talk in
      try await talk.send("\(method) \(path) HTTP/1.1\r\nHost: localhost:\(port)\r\nConnection: close\r\n\(headers)\r\n")
      return try await talk.response()
    }
  }

  private func handshake(_ path: String) -> String {
    "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
  }

  /// Until the session is open; answers its name.
  private func open(_ talk: inout RawConnection.Talk, token: String) async throws -> String {
    try await talk.send(handshake("/v1/ws/voice?token=\(token)"))
    #expect(try await talk.response().status == 101)
    let ready = try await talk.read(through: "\"session.created\"")
    let start = try #require(ready.firstRange(of: "vs_")?.lowerBound)
    return String(ready[start...].prefix(35))
  }

  @Test func `a drain says so at once, lets nobody in, and ends what runs`() async throws {
    let token = try token()
    try await withApp { app in
      #expect(try await get("/readyz", app.port).status == 200)
      try await RawConnection.with(port: app.port) { talk in
        _ = try await open(&talk, token: token)
        #expect(try await get("/v1/voice/health", app.port).body.contains("\"active_sessions\":1"))
        await app.stop()
        let refused = try await get("/readyz", app.port)
        #expect(refused.status == 503)
        #expect(try await get("/v1/voice/health", app.port).body.contains("\"status\":\"draining\""))
        try await RawConnection.with(port: app.port) { late in
          try await late.send(handshake("/v1/ws/voice?token=\(token)"))
          let answer = try await late.response()
          #expect(answer.status == 503 && answer.head.lowercased().contains("retry-after"))
        }
        let rest = try await talk.readToEnd()
        #expect(rest.contains("voice.session.notice") && rest.contains("draining"))
        #expect(rest.contains("Server restarting, reconnect"))
      }
    }
  }

  @Test func `a session is listed while it runs, and a delete ends it and forgets it`() async throws {
    let (ada, bob) = (try token(), try token("bob"))
    try await withApp { app in
      try await RawConnection.with(port: app.port) { talk in
        let id = try await open(&talk, token: ada)
        let path = "/v1/voice/sessions/\(id)"
        let shown = try await get(path, app.port, headers: "Authorization: Bearer \(ada)\r\n")
        #expect(shown.status == 200 && shown.body.contains("\"active\":true"))
        #expect(try await get(path, app.port, headers: "Authorization: Bearer \(bob)\r\n").status == 404)
        #expect(try await get(path, app.port, method: "DELETE", headers: "Authorization: Bearer \(ada)\r\n").status == 204)
        #expect(try await talk.readToEnd().contains("Session "))
        #expect(try await get(path, app.port, headers: "Authorization: Bearer \(ada)\r\n").status == 404)
      }
      let stats = try await get("/v1/voice/stats", app.port).body
      #expect(stats.contains("\"started\":1") && stats.contains("\"active\":0"))
      #expect(try await get("/metrics", app.port).body.contains("voice_sessions_started_total 1\n"))
    }
  }

  @Test(arguments: [true, false]) func `a client that closes or drops its connection ends its session at once`(isPolite: Bool) async throws
  {
    let token = try token()
    let waitsForNobody: (inout Settings) -> Void = { $0.session.resumeGrace = .zero }
    try await withApp(waitsForNobody) { app in
      try await RawConnection.with(port: app.port) { talk in
        _ = try await open(&talk, token: token)
        guard isPolite else { return }
        try await talk.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
        _ = try await talk.readToEnd()
      }
      var stats = ""
      while !stats.contains("\"active\":0") { stats = try await get("/v1/voice/stats", app.port).body }
      #expect(stats.contains(isPolite ? "\"ended\":{\"client_closed\":1}" : "\"ended\":{\"client_lost\":1}"))
    }
  }

  @Test func `a client that drops goes on in its session, again and again, on whatever event loop, and is counted once`() async throws {
    let token = try token()
    let oneSession: (inout Settings) -> Void = { $0.limits.sessionsPerWindow = 1 }
    try await withApp(oneSession) { app in
      let id = try await RawConnection.with(port: app.port) { try await open(&$0, token: token) }
      for _ in 0..<8 {
        try await RawConnection.with(port: app.port) { talk in
          // Said before the verdict: it is upstream's all the same.
          try await talk.send(handshake("/v1/ws/voice?token=\(token)&session_id=\(id)"))
          try await talk.sendText(#"{"type":"conversation.item.retrieve","item_id":"nothing","event_id":"mine"}"#)
          let answer = try await talk.read(through: "item_retrieve_invalid_item_id")
          #expect(answer.contains("\"session_id\":\"\(id)\"") && answer.contains("\"resumed\":true"))
          #expect(!answer.contains("session.created"))
        }
      }
      // The newer of two clients wins.
      try await RawConnection.with(port: app.port) { older in
        try await older.send(handshake("/v1/ws/voice?token=\(token)&session_id=\(id)"))
        _ = try await older.read(through: "voice.session.ready")
        try await RawConnection.with(port: app.port) { newer in
          try await newer.send(handshake("/v1/ws/voice?token=\(token)&session_id=\(id)"))
          _ = try await newer.read(through: "voice.session.ready")
          #expect(try await older.readToEnd().contains("Session opened elsewhere"))
        }
      }
      // Of another user there is none.
      let eve = try self.token("eve")
      try await RawConnection.with(port: app.port) { talk in
        try await talk.send(handshake("/v1/ws/voice?token=\(eve)&session_id=\(id)"))
        #expect(try await talk.readToEnd().contains("Session not found"))
      }
      let stats = try await get("/v1/voice/stats", app.port).body
      #expect(stats.contains("\"started\":1") && stats.contains("\"resumed\":10"))
    }
  }

  @Test func `a ticket stands in for the token once`() async throws {
    let token = try token()
    try await withApp { app in
      let answer = try await get(
        "/v1/voice/tickets", app.port, method: "POST", headers: "Authorization: Bearer \(token)\r\nContent-Length: 0\r\n")
      let ticket = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])["ticket"] as? String
      for outcome in ["\"session.created\"", "auth_token_invalid"] {
        try await RawConnection.with(port: app.port) { talk in
          try await talk.send(handshake("/v1/ws/voice?ticket=\(ticket ?? "")"))
          #expect(try await talk.read(through: outcome).hasSuffix(outcome))
        }
      }
    }
  }

  @Test func `a certificate that is replaced is served to the next connection`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("voice-tls-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["one", "two"] { try makeCertificate(in: folder.appendingPathComponent(name).path) }
    let (certificate, key) = (folder.appendingPathComponent("cert.pem").path, folder.appendingPathComponent("key.pem").path)
    func install(_ name: String) throws {
      for (file, target) in [("cert.pem", certificate), ("key.pem", key)] {
        try Data(contentsOf: folder.appendingPathComponent(name).appendingPathComponent(file)).write(to: URL(fileURLWithPath: target))
      }
    }
    try install("one")
    let tls = try TLSCertificate(certificateFile: certificate, keyFile: key, logger: logger)
    let first = ObjectIdentifier(tls.context)
    tls.look()
    #expect(ObjectIdentifier(tls.context) == first, "nothing changed")
    try "broken".write(toFile: certificate, atomically: true, encoding: .utf8)
    tls.look()
    #expect(ObjectIdentifier(tls.context) == first, "the last good pair goes on")
    try install("two")
    tls.look()
    #expect(ObjectIdentifier(tls.context) != first)

    // A mounted secret: the files are links through a folder that is swapped, all at once or one behind the other.
    let mount = folder.appendingPathComponent("mount").path
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    func swap(_ link: String, to target: String) throws {
      try FileManager.default.createSymbolicLink(atPath: "\(mount)/tmp", withDestinationPath: target)
      try #require(rename("\(mount)/tmp", "\(mount)/\(link)") == 0)
    }
    try swap("data", to: folder.appendingPathComponent("one").path)
    for file in ["cert.pem", "key.pem"] { try swap(file, to: "data/\(file)") }
    let mounted = try TLSCertificate(certificateFile: "\(mount)/cert.pem", keyFile: "\(mount)/key.pem", logger: logger)
    let old = ObjectIdentifier(mounted.context)
    try swap("cert.pem", to: folder.appendingPathComponent("two/cert.pem").path)
    mounted.look()
    #expect(ObjectIdentifier(mounted.context) == old, "a new certificate with the old key is no pair")
    try swap("cert.pem", to: "data/cert.pem")
    mounted.look()
    try swap("data", to: folder.appendingPathComponent("two").path)
    let before = ObjectIdentifier(mounted.context)
    mounted.look()
    #expect(ObjectIdentifier(mounted.context) != before)

    try install("one")
    let (paths, one, two) = (
      (certificate, key), folder.appendingPathComponent("one/cert.pem").path, folder.appendingPathComponent("two/cert.pem").path
    )
    try await withApp {
      ($0.http.tlsCertificateFile, $0.http.tlsKeyFile) = paths
    } _: { app in
      let oneAnswer = try await dial("wss://localhost:\(app.port)/v1/realtime", trusting: one)
      #expect(oneAnswer == nil)
      let twoAnswer = try await dial("wss://localhost:\(app.port)/v1/realtime", trusting: two)
      #expect(twoAnswer == .tls)
    }
  }

  /// Nil when the WebSocket was opened.
  private func dial(_ url: String, trusting authorities: String) async throws -> RealtimeConnectError.Code? {
    final class Quiet: RealtimeConnectionDelegate {
      func received(_ message: RealtimeMessage) {}
      func readCompleted() {}
      func writabilityChanged(_ isWritable: Bool) {}
      func closed(_ closure: WebSocketClosure) {}
    }
    let connector = NIORealtimeConnector(tls: try NIORealtimeConnector.tls(authoritiesFile: authorities))
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let promise = loop.makePromise(of: RealtimeConnectError.Code?.self)
    loop.execute {
      connector.connect(to: RealtimeTarget(url: url), on: loop) { connection in
        promise.succeed(nil)
        connection.close(WebSocketClosure(code: 1000))
        return Quiet()
      } failed: { error in
        promise.succeed(error.code)
      }
    }
    return try await promise.futureResult.get()
  }

  private func makeCertificate(in folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let openssl = Process()
    openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    openssl.arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem",
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    try #require(openssl.terminationStatus == 0)
  }
}
