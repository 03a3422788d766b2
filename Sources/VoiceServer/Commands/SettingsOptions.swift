import ArgumentParser
import Foundation
import SystemPackage

/// The flags that every command with settings has.
struct SettingsOptions: ParsableArguments {
  @Option(help: "A YAML or JSON file with settings, by their names.")
  var config: String?

  @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Settings as flags, see above.", visibility: .hidden))
  var flags: [String] = []

  /// What is set anywhere, judged. Ends the process with 78 and one line for each setting that is wrong.
  func load(_ adjust: (inout SettingsSource) -> Void = { _ in }) async throws -> SettingsLoader.Outcome {
    let flags: [String: String]
    do { flags = try SettingFlags.parse(self.flags) } catch { throw ValidationError(error.description) }
    var source = SettingsSource(environment: ProcessInfo.processInfo.environment, file: config, flags: flags)
    adjust(&source)
    do { return try await SettingsLoader.load(source) } catch let error as SettingsError {
      throw Failure.settings(error)
    }
  }
}

/// Ways for a command to end that are no success.
enum Failure {
  /// `EX_CONFIG` of sysexits.h.
  static func settings(_ error: SettingsError) -> ExitCode {
    for problem in error.problems { Console.error(problem) }
    return ExitCode(78)
  }

  static func line(_ text: String) -> ExitCode {
    Console.error(text)
    return .failure
  }
}

/// What goes to the terminal, whole lines at a time.
enum Console {
  static func error(_ line: String) { write("voice-server: \(line)\n", to: .standardError) }
  static func print(_ line: String) { write(line + "\n", to: .standardOutput) }

  /// A reader that has gone away is no reason to stop.
  static func write(_ text: String, to descriptor: FileDescriptor) { _ = try? descriptor.writeAll(text.utf8) }
}
