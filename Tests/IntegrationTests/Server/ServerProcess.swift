import Foundation
import NIOPosix
import Testing
import VoiceAuth
import VoiceCore
import VoiceSimulator

/// `voice-server run` as a process, with a simulator as its upstream, asked from outside.
struct ServerProcess: Sendable {
  static let secret = Secret("0123456789abcdef0123456789abcdef")

  let port: Int
  let process: ChildProcess

  /// Runs a server for the time of `body`, with `settings` over those that every test has: enabled, one secret, no limits.
  static func with<Result: Sendable>(_ settings: [String: String] = [:], _ body: (ServerProcess) async throws -> Result) async throws
    -> Result
  {
    let simulator = try await SimulatorServer.bind(
      group: MultiThreadedEventLoopGroup.singleton, wallClock: { Int64(Date().timeIntervalSince1970) })
    defer { simulator.close() }
    var environment = [
      "ENABLE_VOICE_REALTIME": "true", "JWT_SECRET": secret.expose(), "PORT": "0", "VOICE_ADMIN_LOOPBACK": "true", "LOG_FORMAT": "text",
      "OPENAI_API_KEY": "upstream-key",
      "OPENAI_REALTIME_URL": simulator.url, "VOICE_MAX_SESSIONS_PER_HOUR": "0", "VOICE_MAX_CONCURRENT_SESSIONS": "0",
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin",
    ]
    for (name, value) in settings { environment[name] = value.isEmpty ? nil : value }
    let process = try ChildProcess(ChildProcess.voiceServer(), ["run"], environment: environment)
    defer { process.stop() }
    let address = try await process.line(with: "listening on http://127.0.0.1:")
    let port = try #require(Int(address.prefix { $0.isNumber }))
    return try await body(ServerProcess(port: port, process: process))
  }

  /// A token of the shared secret.
  static func token(_ user: String = "ada", plan: String? = "elite", lifetime: Duration = .seconds(3_600)) throws -> String {
    let now = UnixTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    return try TokenMinter(secret: secret).mint(user: user, plan: plan, lifetime: lifetime, now: now).expose()
  }

  // MARK: Plain HTTP

  func request(_ method: String, _ path: String, headers: [String: String] = [:], body: String = "") async throws -> (
    status: Int, head: String, body: String
  ) {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
    if method == "POST" { head += "Content-Length: \(body.utf8.count)\r\n" }
    if !body.isEmpty { head += "Content-Type: application/json\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return try await RawConnection.with(port: port) { talk in
      try await talk.send(head + "\r\n" + body)
      return try await talk.response()
    }
  }

  /// The member of a JSON object that the server answers a POST with.
  func posted(_ path: String, _ member: String, token: String, body: String = "") async throws -> String {
    let answer = try await request("POST", path, headers: ["Authorization": "Bearer \(token)"], body: body)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    return try #require(object[member] as? String, "\(answer.status) \(answer.body)")
  }

  // MARK: WebSocket

  /// What the server says first: a status other than 101, or the type or code of the event that decides.
  func outcome(_ path: String, headers: [String: String] = [:]) async throws -> String {
    try await withSocket(path, headers: headers) { talk, status in
      guard status == 101 else { return "HTTP \(status)" }
      return try await Self.verdict(&talk)
    }
  }

  /// Runs `body` with a client whose session is open.
  func withSession<Result: Sendable>(
    _ path: String = "/v1/ws/voice", token: String, _ body: (inout RawConnection.Talk) async throws -> Result
  ) async throws -> Result {
    try await withSocket(path, headers: ["Authorization": "Bearer \(token)"]) { talk, status in
      #expect(status == 101)
      #expect(try await Self.verdict(&talk) == "session.created")
      return try await body(&talk)
    }
  }

  func withSocket<Result: Sendable>(
    _ path: String, headers: [String: String] = [:], _ body: (inout RawConnection.Talk, Int) async throws -> Result
  ) async throws -> Result {
    var head = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return try await RawConnection.with(port: port) { talk in
      try await talk.send(head + "\r\n")
      let status = try await talk.response().status
      return try await body(&talk, status)
    }
  }

  private static func verdict(_ talk: inout RawConnection.Talk) async throws -> String {
    var said = ""
    while true {
      let more = try await talk.read(through: "}")
      said += more
      if said.contains(#""session.created""#) { return "session.created" }
      if let code = said.firstRange(of: #""code":""#) { return String(said[code.upperBound...].prefix { $0 != "\"" }) }
      guard more.hasSuffix("}") else { return "closed" }
    }
  }
}

extension RawConnection.Talk {
  /// One event of at most 65,535 bytes, masked with zeros.
  func send(event: String) async throws {
    let bytes = Array(event.utf8)
    let length: [UInt8] = bytes.count < 126 ? [0x80 | UInt8(bytes.count)] : [0xFE, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
    try await send([0x81] + length + [0, 0, 0, 0] + bytes)
  }
}
