import ArgumentParser
import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import VoiceCore
import VoiceSimulator

/// `voice-server simulate`: only the simulator, an OpenAI Realtime server on a port.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Serve a simulated OpenAI Realtime API, without a gateway.")

  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @Option(help: "Port to listen on; 0 = any free port.") var port = 9000
  @Option(help: ArgumentHelp("JSON Lines file with the words of each turn: {\"user\", \"assistant\", \"tool\"}.", valueName: "file"))
  var script: String?
  @Option(help: "Seed for generated ids and random choices.") var seed: UInt64 = 1
  @Option(help: "Milliseconds from the start of an answer to its first audio.") var firstAudioMs = 350
  @Option(help: "Arrival of transcripts, whatever model is requested: streaming or after-commit.", transform: choice)
  var transcriptModel: SimulatorConfiguration.TranscriptModel?
  @Option(help: "Seconds until a connection closes without a close frame.") var dropAfter: Double?
  @Option(help: "Seconds until a connection is reset.") var resetAfter: Double?
  @Option(help: "Seconds until a connection falls silent.") var stallAfter: Double?
  @Option(help: "Error code that every response fails with.") var error: String?
  @Option(help: "Refusal right after the upgrade: auth or model.", transform: choice) var fatalOpen: SimulatorConfiguration.FatalOpen?
  @Option(help: "Seconds between pings; 0 = none.") var pingInterval = 20.0
  @Option(help: "Seconds until the session expires, as the provider's does after an hour.") var expireAfter: Double?
  @Option(help: "Voice: automatic (espeak-ng if installed) or tones.", transform: choice) var voice: SimulatorConfiguration.Voice?
  @Flag(help: "Complete every other transcript after the one of the next turn.") var outOfOrderTranscripts = false

  func validate() throws {
    let times = [dropAfter, resetAfter, stallAfter].compactMap { $0 } + [pingInterval]
    guard times.allSatisfy({ (0...86_400).contains($0) }) else { throw ValidationError("Seconds are numbers from 0 to 86400") }
    guard (1...86_400).contains(expireAfter ?? 1) else { throw ValidationError("--expire-after is a number from 1 to 86400") }
    guard (0...65_535).contains(port) else { throw ValidationError("A port is a number from 0 to 65535") }
    guard (0...600_000).contains(firstAudioMs) else { throw ValidationError("--first-audio-ms is a number from 0 to 600000") }
  }

  func run() async throws {
    let simulator: SimulatorServer
    do {
      simulator = try await SimulatorServer.bind(
        host: host, port: port, configuration: try simulation(), group: MultiThreadedEventLoopGroup.singleton,
        wallClock: { UnixTime.now().milliseconds / 1_000 })
    } catch let error as IOError {
      throw Failure.cannotListen(host, port, error)
    }
    Console.print("Simulator: ws://\(URLHost.bracketed(host)):\(simulator.port)/v1/realtime")
    let logger = Logger(label: "simulator") { _ in SwiftLogNoOpLogHandler() }
    try await SignalWatch(logger: logger).run(ServiceGroup(services: [simulator], logger: logger), draining: { _ in })
  }

  func simulation() throws -> SimulatorConfiguration {
    var simulation = SimulatorConfiguration()
    simulation.seed = seed
    simulation.firstAudioDelay = .milliseconds(firstAudioMs)
    simulation.transcriptModel = transcriptModel
    simulation.dropAfter = dropAfter.map { .seconds($0) }
    simulation.resetAfter = resetAfter.map { .seconds($0) }
    simulation.stallAfter = stallAfter.map { .seconds($0) }
    simulation.errorCode = error
    simulation.fatalOpen = fatalOpen
    simulation.pingInterval = pingInterval == 0 ? nil : .seconds(pingInterval)
    simulation.outOfOrderTranscripts = outOfOrderTranscripts
    if let expireAfter { simulation.sessionLifetime = .seconds(expireAfter) }
    if let voice { simulation.voice = voice }
    if let script {
      guard let text = FileText.read(script) else { throw Failure.line("--script: expected the path of a readable text file") }
      do { simulation.script = try SimulatorTurn.script(text) } catch { throw Failure.line("\(error)") }
    }
    return simulation
  }

  private static func choice<Value: RawRepresentable & CaseIterable>(_ text: String) throws -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: text) else {
      throw ValidationError("expected \(Value.allCases.map(\.rawValue).joined(separator: " or "))")
    }
    return value
  }
}
