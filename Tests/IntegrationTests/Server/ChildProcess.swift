import Foundation
import Testing

/// A program of the test's own: started with an environment of nothing but what is given, read, and ended with the test.
final class ChildProcess: Sendable {
  struct Failure: Error { var detail: String }

  private let process: Process
  private let folder: URL

  /// What it wrote so far, to either stream.
  var output: String {
    (try? Data(contentsOf: folder.appendingPathComponent("output"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
  var isRunning: Bool { process.isRunning }

  init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("voice-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let output = folder.appendingPathComponent("output")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    let handle = try FileHandle(forWritingTo: output)
    process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
  }

  /// Waits until `mark` was written; answers what stands behind it in its line.
  func line(with mark: String) async throws -> String {
    for _ in 0..<1_500 {
      let text = output
      if let range = text.firstRange(of: mark), let end = text[range.upperBound...].firstIndex(where: \.isNewline) {
        return String(text[range.upperBound..<end])
      }
      guard isRunning else { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw Failure(detail: "no “\(mark)” in: \(output.suffix(2_000))")
  }

  func interrupt() { process.interrupt() }

  func stop() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  static func find(_ name: String) -> URL? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    return folders.map { URL(fileURLWithPath: "\($0)/\(name)") }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// `voice-server` as it was built beside these tests.
  static func voiceServer() throws -> URL {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    let url = folder.appendingPathComponent("voice-server")
    guard FileManager.default.isExecutableFile(atPath: url.path) else { throw Failure(detail: "no voice-server in \(folder.path)") }
    return url
  }
}
