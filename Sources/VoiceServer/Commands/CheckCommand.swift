import ArgumentParser
import Foundation
import Logging
import NIOPosix
import VoiceCore
import VoiceGateway

/// `voice-server check`: does all that is configured work?
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Validate the settings and dial everything that they name, a line for each.")

  @Flag(help: "Validate the settings without dialling.") var offline = false
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let outcome = try await options.load()
    let settings = outcome.settings
    for warning in outcome.warnings { Console.print("warn  settings    \(warning)") }
    Console.print("ok    settings    \(outcome.given.count) of \(Settings.table.count) set")
    if let file = settings.files.tools {
      do {
        let tools = try ToolsFile.read(file, environment: ProcessInfo.processInfo.environment)
        Console.print("ok    tools       \(tools.map(\.definition.name).joined(separator: ", "))")
      } catch let error as SettingsError {
        throw Failure.settings(error)
      }
    }
    // What only shows when things are put together: keys, certificates, files.
    do {
      _ = try App(
        settings: settings, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }, sentry: TelemetryServices.sentry(settings)
      )
      .assemble()
      for member in try FlagsFile.judge(settings.admission) {
        Console.print("warn  flags       \(member) in VOICE_FLAGS_FILE means nothing")
      }
    } catch let error as SettingsError {
      throw Failure.settings(error)
    }
    guard !offline else { return }
    let probes: [Probe]
    do { probes = try Probes.all(settings, group: MultiThreadedEventLoopGroup.singleton) } catch let error as SettingsError {
      throw Failure.settings(error)
    }
    var isGood = true
    for probe in probes {
      let result = await probe.measured()
      isGood = isGood && result.isGood
      Console.print(result.line)
    }
    if !isGood { throw ExitCode.failure }
  }
}
