import Foundation
import RedisTesting
import Testing

/// The real binary, serving on a port of its own.
final class GatewayProcess: @unchecked Sendable {  // why: `process` is set once, before anyone else sees it
  static let secret = "0123456789abcdef0123456789abcdef"

  let port: Int
  private let process = Process()
  private let log: URL

  /// Runs one for the time of `body`.
  static func with<Result>(_ environment: [String: String], _ body: (GatewayProcess) async throws -> Result) async throws -> Result {
    let gateway = try await GatewayProcess(environment)
    defer { gateway.stop() }
    try await gateway.waitUntilReady()
    return try await body(gateway)
  }

  private init(_ environment: [String: String]) async throws {
    port = try await RedisServer.freePort()
    log = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(port).log")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
      "voice-server")
    process.arguments = ["run"]
    var own = [
      "PORT": "\(port)", "ENABLE_VOICE_REALTIME": "true", "JWT_SECRET": Self.secret, "OPENAI_API_KEY": "key", "LOG_FORMAT": "text",
      "VOICE_MAX_CONNECTIONS_PER_IP": "10000",
    ]
    for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] { own[name] = ProcessInfo.processInfo.environment[name] }
    process.environment = own.merging(environment) { $1 }
    let file = try FileHandle(forWritingTo: log)
    process.standardOutput = file
    process.standardError = file
    try process.run()
  }

  private func waitUntilReady() async throws {
    for _ in 0..<1_000 {
      if try await HTTPAsk.get("/readyz", port)?.status == 200 { return }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw RedisServer.Failure(detail: "voice-server did not start: \(output.suffix(1_000))")
  }

  var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

  /// No chance to say goodbye.
  func killNow() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  private func stop() {
    if process.isRunning { killNow() }
    try? FileManager.default.removeItem(at: log)
  }
}
