import ArgumentParser
import Foundation

/// The flags that every command with settings has.
struct SettingsOptions: ParsableArguments {
  @Option(help: "YAML or JSON file of settings, keyed by their names.")
  var config: String?

  @Option(help: "File of NAME=value lines, added to the environment; variables already set win.")
  var envFile: String?

  @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Settings as flags, see above.", visibility: .hidden))
  var flags: [String] = []

  /// Loads and validates the settings. Ends the process with 78 and one line for each setting that is wrong.
  func load(_ adjust: (inout SettingsSource) -> Void = { _ in }) async throws -> SettingsLoader.Outcome {
    let flags: [String: String]
    do { flags = try SettingFlags.parse(self.flags) } catch { throw ValidationError(error.description) }
    let names = try envFile.map(Self.readEnvironment) ?? []
    var source = SettingsSource(environment: ProcessInfo.processInfo.environment, file: config, flags: flags)
    adjust(&source)
    do {
      var outcome = try await SettingsLoader.load(source)
      outcome.warnings += EnvironmentFile.typos(among: names)
      return outcome
    } catch let error as SettingsError {
      throw Failure.settings(error)
    }
  }

  /// Sets the variables for the whole process, so that headers of tools and libraries that read the environment see them too. Returns their
  /// names.
  private static func readEnvironment(from path: String) throws -> [String] {
    do {
      guard let text = FileText.read(path) else {
        throw SettingsError(["--env-file: \(FileText.fault(path) ?? path); expected the path of a readable UTF-8 text file"])
      }
      let values = try EnvironmentFile.parse(text)
      for (name, value) in values { setenv(name, value, 0) }
      return Array(values.keys)
    } catch let error as SettingsError {
      throw Failure.settings(error)
    }
  }
}
