import Foundation
import NIOCore
import NIOPosix
import Testing

/// A `redis-server` of the test's own, on a free port of loopback.
final class RedisServer: @unchecked Sendable {  // why: `process` is only replaced by the one test that owns the server
  static let isInstalled = path("redis-server") != nil
  static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
  /// In CI a missing server is a failure, elsewhere a skip.
  static var canRun: Bool { isInstalled || isCI }
  static let missing: Comment = "redis-server is not installed (apt-get install redis-server)"

  struct Failure: Error { var detail: String }

  let port: Int
  let directory: URL
  private let arguments: [String]
  private var process: Process?

  init(_ arguments: [String] = [], port: Int? = nil, isPersistent: Bool = false) throws {
    self.port = try port ?? Self.freePort()
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(self.port)-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    self.arguments =
      ["--bind", "127.0.0.1", "--port", "\(self.port)", "--save", "", "--dir", directory.path]
      + (isPersistent ? ["--appendonly", "yes", "--appendfsync", "always"] : []) + arguments
  }

  /// Runs a server around `body`.
  static func with<Result>(
    _ arguments: [String] = [], isPersistent: Bool = false, _ body: (RedisServer) async throws -> Result
  ) async throws -> Result {
    let server = try RedisServer(arguments, isPersistent: isPersistent)
    try await server.start()
    defer { server.stop() }
    return try await body(server)
  }

  var url: String { "redis://127.0.0.1:\(port)/0" }
  var processID: pid_t { process?.processIdentifier ?? 0 }

  /// Runs it, and waits until it listens.
  func start(sentinelFile: URL? = nil) async throws {
    guard let path = Self.path("redis-server") else { throw Failure(detail: "\(Self.missing)") }
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
      if await Self.listens(port) { return }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    let log = (try? String(contentsOf: directory.appendingPathComponent("log"), encoding: .utf8)) ?? ""
    throw Failure(detail: "redis-server did not start on port \(port): \(log.suffix(500))")
  }

  func signal(_ signal: Int32) { if let process, process.isRunning { kill(process.processIdentifier, signal) } }

  /// Ends it with no chance to say anything.
  func killNow() {
    signal(SIGCONT)
    signal(SIGKILL)
    process?.waitUntilExit()
    process = nil
  }

  func stop() {
    killNow()
    try? FileManager.default.removeItem(at: directory)
  }

  /// Runs redis-cli and returns what it prints.
  @discardableResult func cli(_ arguments: String...) throws -> String { try Self.cli(["-p", "\(port)"] + arguments) }

  @discardableResult static func cli(_ arguments: [String]) throws -> String {
    guard let path = path("redis-cli") else { throw Failure(detail: "redis-cli is not installed") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func path(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Below 55535, since a cluster's nodes listen on the port plus 10000 too.
  static func freePort() throws -> Int {
    for _ in 0..<100 {
      let port = Int.random(in: 20_000...45_000)
      if isFree(port), isFree(port + 10_000) { return port }
    }
    throw Failure(detail: "no free port")
  }

  private static func isFree(_ port: Int) -> Bool {
    let group = MultiThreadedEventLoopGroup.singleton
    guard let channel = try? ServerBootstrap(group: group).bind(host: "127.0.0.1", port: port).wait() else { return false }
    try? channel.close().wait()
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
