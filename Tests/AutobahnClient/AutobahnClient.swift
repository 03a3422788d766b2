import NIOCore
import NIOPosix
import VoiceCore
import VoiceTransport

/// Runs every case of a fuzzing server of the Autobahn|Testsuite: `AutobahnClient [port] [agent]`.
@main
struct AutobahnClient {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let base = "ws://127.0.0.1:\(arguments.first ?? "9103")"
    let agent = arguments.dropFirst().first ?? "voice"
    // Cases 9.* send messages of 16 MiB and in many thousand fragments.
    var configuration = WebSocketConfiguration()
    configuration.maxMessageBytes = 64 << 20
    configuration.maxFragments = 1 << 20
    let session = AutobahnSession(connector: NIORealtimeConnector(configuration: configuration))
    guard let count = Int(try await session.run(base + "/getCaseCount")) else { throw AutobahnError(description: "no case count") }
    for number in 1...count { _ = try await session.run("\(base)/runCase?case=\(number)&agent=\(agent)") }
    _ = try await session.run("\(base)/updateReports?agent=\(agent)")
    print("ran \(count) cases")
  }
}
