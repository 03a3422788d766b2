import ArgumentParser
import Foundation

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
