package import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A `redis-server` of the test's own, on a free port of loopback.
package final class RedisServer: @unchecked Sendable {  // why: `process` is only replaced by the one test that owns the server
  package static let isInstalled = Program.path("redis-server") != nil
  package static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
  /// In CI a missing server is a failure, elsewhere a skip.
  package static var canRun: Bool { isInstalled || isCI }
  package static let missing = "redis-server is not installed (apt-get install redis-server)"

  package struct Failure: Error {
    package var detail: String
    package init(detail: String) { self.detail = detail }
  }

  /// Tests that run at the same time get different ones.
  private static let givenOut = NIOLockedValueBox<Set<Int>>([])

  package let port: Int
  package let directory: URL
  private let arguments: [String]
  private var process: Process?

  package init(_ arguments: [String] = [], port: Int, isPersistent: Bool = false) throws {
    self.port = port
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(self.port)-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    self.arguments =
      ["--bind", "127.0.0.1", "--port", "\(self.port)", "--save", "", "--dir", directory.path]
      + (isPersistent ? ["--appendonly", "yes", "--appendfsync", "always"] : []) + arguments
  }

  /// Runs a server around `body`.
  package static func with<Result>(
    _ arguments: [String] = [], isPersistent: Bool = false, _ body: (RedisServer) async throws -> Result
  ) async throws -> Result {
    let server = try await started(arguments, isPersistent: isPersistent)
    defer { server.stop() }
    return try await body(server)
  }

  /// A port that was free may be somebody else's by the time that the server listens.
  private static func started(_ arguments: [String], isPersistent: Bool) async throws -> RedisServer {
    var attempts = 5
    while true {
      let server = try RedisServer(arguments, port: try await freePort(), isPersistent: isPersistent)
      do {
        try await server.start()
        return server
      } catch {
        server.stop()
        attempts -= 1
        if attempts == 0 { throw error }
      }
    }
  }

  package var url: String { "redis://127.0.0.1:\(port)/0" }
  package var processID: pid_t { process?.processIdentifier ?? 0 }

  /// Runs it, and waits until it listens.
  package func start(sentinelFile: URL? = nil) async throws {
    guard let path = Program.path("redis-server") else { throw Failure(detail: Self.missing) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = sentinelFile.map { [$0.path, "--sentinel"] } ?? arguments
    process.standardOutput =
      FileManager.default.createFile(atPath: directory.appendingPathComponent("log").path, contents: nil)
      ? try FileHandle(forWritingTo: directory.appendingPathComponent("log")) : FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
    for _ in 0..<500 {
      let listens = await Self.listens(port)
      guard process.isRunning else { break }
      if listens { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    let log = (try? String(contentsOf: directory.appendingPathComponent("log"), encoding: .utf8)) ?? ""
    throw Failure(detail: "redis-server did not start on port \(port): \(log.suffix(500))")
  }

  package func signal(_ signal: Int32) { if let process, process.isRunning { kill(process.processIdentifier, signal) } }

  /// Ends it with no chance to say anything.
  package func killNow() {
    signal(SIGCONT)
    signal(SIGKILL)
    while process?.isRunning ?? false { usleep(1_000) }
    process = nil
  }

  package func stop() {
    killNow()
    try? FileManager.default.removeItem(at: directory)
  }

  /// Runs redis-cli and returns what it prints.
  @discardableResult package func cli(_ arguments: String...) async throws -> String {
    try await Program.run("redis-cli", ["-p", "\(port)"] + arguments)
  }

  /// Below the ports that the system gives to connections, also with the 10000 more on which a cluster's nodes listen too.
  package static func freePort() async throws -> Int {
    for _ in 0..<1_000 {
      let port = Int.random(in: 10_100...22_000)
      guard givenOut.withLockedValue({ $0.insert(port).inserted }) else { continue }
      if await isFree(port), await isFree(port + 10_000) { return port }
    }
    throw Failure(detail: "no free port")
  }

  private static func isFree(_ port: Int) async -> Bool {
    let group = MultiThreadedEventLoopGroup.singleton
    guard let channel = try? await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: port).get() else { return false }
    try? await channel.close()
    return true
  }

  private static func listens(_ port: Int) async -> Bool {
    guard
      let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
    else { return false }
    try? await channel.close()
    return true
  }
}
